import { join } from 'node:path';
import { startDaemon } from './daemon.ts';
import { makeTempFolder, removeTempFolder } from './temp-folder.ts';

/** A private Redis on a unix socket, which keeps nothing on disk. */
export interface RedisServer extends AsyncDisposable {
  readonly socket: string;
  readonly pid: number;
  stop(): Promise<void>;
}

export async function startRedis(): Promise<RedisServer> {
  const folder = await makeTempFolder('redis');
  const socket = join(folder, 'redis.sock');
  const server = await startDaemon({
    command: 'redis-server',
    args: ['--port', '0', '--unixsocket', socket, '--save', '', '--appendonly', 'no', '--dir', folder],
    ready: /ready to accept connections/i,
  });
  const stop = async (): Promise<void> => {
    await server.stop();
    await removeTempFolder(folder);
  };
  return { socket, pid: server.pid, stop, [Symbol.asyncDispose]: stop };
}
