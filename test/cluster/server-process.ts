import { join } from 'node:path';
import { type Daemon, startDaemon } from '../setup/daemon.ts';
import { freePort } from '../setup/free-port.ts';
import { makeTempFolder, removeTempFolder } from '../setup/temp-folder.ts';

const LAUNCHER = join(import.meta.dirname, '../../server/bin/parley-server.js');

/** A real server with a database of its own, which can be ended and started again at the same address. */
export class ServerProcess implements AsyncDisposable {
  readonly address: string;
  readonly #folder: string;
  readonly #environment: Readonly<Record<string, string>>;
  #daemon: Daemon | undefined;

  /** @param environment PARLEY_* variables; without a database URL, SQLite in a folder of its own. */
  static async start(environment: Readonly<Record<string, string>> = {}): Promise<ServerProcess> {
    const address = `127.0.0.1:${await freePort()}`;
    const server = new ServerProcess(address, await makeTempFolder('server'), environment);
    await server.start();
    return server;
  }

  private constructor(address: string, folder: string, environment: Readonly<Record<string, string>>) {
    this.address = address;
    this.#folder = folder;
    this.#environment = environment;
  }

  get databaseUrl(): string {
    return this.#environment['PARLEY_DATABASE_URL'] ?? `sqlite:${join(this.#folder, 'parley.db')}`;
  }

  /** The process that serves. @throws Error while there is none */
  get pid(): number {
    if (this.#daemon === undefined) throw new Error('the server is not running');
    return this.#daemon.pid;
  }

  /** Starts the server, again if it has been ended. */
  async start(): Promise<void> {
    this.#daemon = await startDaemon({
      command: '/usr/bin/env',
      args: [
        `PARLEY_LISTEN=${this.address}`,
        `PARLEY_DATABASE_URL=${this.databaseUrl}`,
        `PARLEY_ATTACHMENTS=${join(this.#folder, 'attachments')}`,
        ...Object.entries(this.#environment).map(([name, value]) => `${name}=${value}`),
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

  /** Sends a signal; `exitCode` tells how the process ended. */
  signal(signal: NodeJS.Signals): void {
    this.#daemon?.signal(signal);
  }

  /** Resolves when the process has ended; null after a signal that it didn't handle. */
  get exitCode(): Promise<number | null> {
    return this.#daemon?.exited ?? Promise.resolve(null);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await removeTempFolder(this.#folder);
  }
}
