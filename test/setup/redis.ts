import { RedisProcess } from '../cluster/redis-process.ts';
import { makeTempFolder, removeTempFolder } from './temp-folder.ts';

/** A private Redis on a unix socket, which keeps nothing on disk. */
export interface RedisServer extends AsyncDisposable {
  readonly socket: string;
  readonly pid: number;
  stop(): Promise<void>;
}

export async function startRedis(): Promise<RedisServer> {
  const folder = await makeTempFolder('redis');
  const server = new RedisProcess(folder);
  await server.start();
  const stop = async (): Promise<void> => {
    await server.stop();
    await removeTempFolder(folder);
  };
  return { socket: server.socket, pid: server.pid, stop, [Symbol.asyncDispose]: stop };
}
