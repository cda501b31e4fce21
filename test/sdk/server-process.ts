import { join } from 'node:path';
import { startDaemon } from '../setup/daemon.ts';
import type { Daemon } from '../setup/daemon.ts';
import { freePort } from '../setup/free-port.ts';
import { makeTempFolder, removeTempFolder } from '../setup/temp-folder.ts';

const LAUNCHER = join(import.meta.dirname, '../../server/bin/parley-server.js');

/** A real server with a database of its own, which can be ended and started again at the same address. */
export class ServerProcess implements AsyncDisposable {
  readonly address: string;
  readonly #folder: string;
  #daemon: Daemon | undefined;

  static async start(): Promise<ServerProcess> {
    const server = new ServerProcess(`127.0.0.1:${await freePort()}`, await makeTempFolder('sdk'));
    await server.start();
    return server;
  }

  private constructor(address: string, folder: string) {
    this.address = address;
    this.#folder = folder;
  }

  /** Starts the server, again if it has been ended. */
  async start(): Promise<void> {
    this.#daemon = await startDaemon({
      command: '/usr/bin/env',
      args: [
        `PARLEY_LISTEN=${this.address}`,
        `PARLEY_DATABASE_URL=sqlite:${join(this.#folder, 'parley.db')}`,
        process.execPath,
        LAUNCHER,
      ],
      ready: /listening|serving/i,
    });
  }

  /** Ends the server as it asks to be ended. */
  async stop(): Promise<void> {
    await this.#daemon?.stop();
    this.#daemon = undefined;
  }

  /** Ends the server at once, whatever it is doing. */
  async kill(): Promise<void> {
    this.#daemon?.signal('SIGKILL');
    await this.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await removeTempFolder(this.#folder);
  }
}
