import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startDaemon } from './daemon.ts';
import { makeTempFolder, removeTempFolder } from './temp-folder.ts';

const run = promisify(execFile);

/** A private nginx. */
export interface Nginx extends AsyncDisposable {
  /** Relative paths of the configuration begin here; it holds a folder `logs`. */
  readonly folder: string;
  /** The master's. */
  readonly pid: number;
  /** Puts another configuration in force; returns once its workers run. @throws Error when nginx refuses it. */
  reload(conf: string): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts nginx with `conf`, the text of a whole configuration but for `daemon`, `pid` and the main error log, which
 * are set here. Returns once it listens.
 *
 * @throws Error with nginx's words when it refuses the configuration.
 */
export async function startNginx(conf: string): Promise<Nginx> {
  const folder = await makeTempFolder('nginx');
  const file = join(folder, 'nginx.conf');
  const args = ['-c', file, '-p', folder, '-e', 'stderr'];
  const write = (text: string): Promise<void> =>
    writeFile(file, `daemon off;\npid ${join(folder, 'nginx.pid')};\nerror_log stderr notice;\n${text}`);
  await mkdir(join(folder, 'logs'));
  await write(conf);
  const server = await startDaemon({ command: 'nginx', args, ready: /start worker process \d/, stopSignal: 'SIGTERM' });
  const stop = async (): Promise<void> => {
    await server.stop();
    await removeTempFolder(folder);
  };
  return {
    folder,
    pid: server.pid,
    async reload(text) {
      await write(text);
      await run('nginx', [...args, '-t']);
      const started = server.nextLine(/start worker process \d/);
      server.signal('SIGHUP');
      await started;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
