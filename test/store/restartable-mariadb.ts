import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type Daemon, startDaemon } from '../setup/daemon.ts';
import { makeTempFolder, removeTempFolder } from '../setup/temp-folder.ts';

const run = promisify(execFile);
const USER = process.getuid?.() === 0 ? ['--user=root'] : [];

/** A durable MariaDB of a test's own: to be paused, killed, and started again on the same data. */
export class RestartableMariadb implements AsyncDisposable {
  readonly #folder: string;
  #server: Daemon | undefined;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async start(): Promise<RestartableMariadb> {
    const mariadb = new RestartableMariadb(await makeTempFolder('restartable'));
    const auth = ['--auth-root-authentication-method=normal', '--skip-test-db', '--skip-name-resolve'];
    await run('mariadb-install-db', ['--no-defaults', ...USER, `--datadir=${mariadb.#data}`, ...auth]);
    await mariadb.start();
    await run('mariadb', ['--no-defaults', '-uroot', `-S${mariadb.socket}`, '-e', 'CREATE DATABASE parley']);
    return mariadb;
  }

  get socket(): string {
    return join(this.#folder, 'm.sock');
  }

  get url(): string {
    return `mysql://root@localhost/parley?socketPath=${encodeURIComponent(this.socket)}`;
  }

  async start(): Promise<void> {
    this.#server = await startDaemon({
      command: 'mariadbd',
      args: [
        '--no-defaults',
        ...USER,
        `--datadir=${this.#data}`,
        `--socket=${this.socket}`,
        `--pid-file=${join(this.#folder, 'm.pid')}`,
        '--skip-networking',
        '--skip-log-bin',
        '--skip-name-resolve',
        '--innodb-flush-log-at-trx-commit=1',
      ],
      ready: /ready for connections/,
    });
  }

  /** Stops it (SIGSTOP); each of its threads has stopped when this returns. */
  async pause(): Promise<void> {
    this.#server!.signal('SIGSTOP');
    while (!(await threadStates(this.#server!.pid)).every((state) => state === 'T')) await setImmediate();
  }

  resume(): void {
    this.#server!.signal('SIGCONT');
  }

  /** Kills it (-9) and waits until it is gone. */
  async kill(): Promise<void> {
    this.#server!.signal('SIGKILL');
    await this.#server!.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.resume();
    await this.#server!.stop();
    await removeTempFolder(this.#folder);
  }

  get #data(): string {
    return join(this.#folder, 'data');
  }
}

/** The state letters of a process's threads, as Linux tells them. */
async function threadStates(pid: number): Promise<string[]> {
  const threads = await readdir(`/proc/${pid}/task`);
  const stats = await Promise.all(threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/stat`, 'utf8')));
  return stats.map((stat) => stat.slice(stat.lastIndexOf(')') + 2)[0]!);
}
