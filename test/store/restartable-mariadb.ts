import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ServiceProcess } from '../cluster/service-process.ts';
import { makeTempFolder, removeTempFolder } from '../setup/temp-folder.ts';

const run = promisify(execFile);
const USER = process.getuid?.() === 0 ? ['--user=root'] : [];

/** A durable MariaDB of a test's own: to be paused, killed, and started again on the same data. */
export class RestartableMariadb implements AsyncDisposable {
  readonly #folder: string;
  readonly #isOurs: boolean;
  readonly #server: ServiceProcess;

  static async start(): Promise<RestartableMariadb> {
    const mariadb = new RestartableMariadb(await makeTempFolder('restartable'), { isOurs: true });
    await mariadb.start();
    return mariadb;
  }

  /** In a folder that stays; data that are there are served again. Nothing runs yet. */
  static in(folder: string, logFile: string): RestartableMariadb {
    return new RestartableMariadb(folder, { isOurs: false, logFile });
  }

  private constructor(folder: string, options: { readonly isOurs: boolean; readonly logFile?: string }) {
    this.#folder = folder;
    this.#isOurs = options.isOurs;
    this.#server = new ServiceProcess({
      command: 'mariadbd',
      args: [
        '--no-defaults',
        ...USER,
        `--datadir=${this.#data}`,
        `--init-file=${this.#initFile}`,
        `--socket=${this.socket}`,
        `--pid-file=${join(folder, 'm.pid')}`,
        '--skip-networking',
        '--skip-log-bin',
        '--skip-name-resolve',
        '--innodb-flush-log-at-trx-commit=1',
      ],
      ready: /ready for connections/,
      logFile: options.logFile,
    });
  }

  get socket(): string {
    return join(this.#folder, 'm.sock');
  }

  get url(): string {
    return `mysql://root@localhost/parley?socketPath=${encodeURIComponent(this.socket)}`;
  }

  get pid(): number {
    return this.#server.pid;
  }

  /** Takes about a second where there are no data yet. */
  async start(): Promise<void> {
    if (!existsSync(this.#data)) await this.#install();
    await this.#server.start();
  }

  /** Stops it (SIGSTOP); each of its threads has stopped when this returns. */
  pause(): Promise<void> {
    return this.#server.pause();
  }

  resume(): void {
    this.#server.resume();
  }

  /** Kills it (-9) and waits until it is gone. */
  kill(): Promise<void> {
    return this.#server.kill();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.stop();
    if (this.#isOurs) await removeTempFolder(this.#folder);
  }

  get #data(): string {
    return join(this.#folder, 'data');
  }

  get #initFile(): string {
    return join(this.#folder, 'init.sql');
  }

  /** Under another name first: an installation that was cut off is not taken for data. */
  async #install(): Promise<void> {
    const unfinished = `${this.#data}.new`;
    await rm(unfinished, { recursive: true, force: true });
    await run('mariadb-install-db', [
      '--no-defaults',
      ...USER,
      `--datadir=${unfinished}`,
      // Two set-ups at once would share the temporary tables of /tmp.
      `--tmpdir=${this.#folder}`,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
      '--skip-name-resolve',
    ]);
    await writeFile(this.#initFile, 'CREATE DATABASE IF NOT EXISTS parley;\n');
    await rename(unfinished, this.#data);
  }
}
