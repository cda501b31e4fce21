import { join } from 'node:path';
import { ServiceProcess } from './service-process.ts';

/** A Redis on a unix socket in a folder. It keeps nothing: started again, it is empty. */
export class RedisProcess extends ServiceProcess {
  readonly socket: string;
  /** For PARLEY_REDIS_URL. */
  readonly url: string;

  constructor(folder: string, logFile?: string) {
    const socket = join(folder, 'r.sock');
    super({
      command: 'redis-server',
      args: ['--port', '0', '--unixsocket', socket, '--save', '', '--appendonly', 'no', '--dir', folder],
      ready: /ready to accept connections/i,
      logFile,
    });
    this.socket = socket;
    this.url = `unix://${socket}`;
  }

  /** Killed and started again, empty. */
  async restart(): Promise<void> {
    await this.kill();
    await this.start();
  }
}
