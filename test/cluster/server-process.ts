import { join } from 'node:path';
import { freePort } from '../setup/free-port.ts';
import { makeTempFolder, removeTempFolder } from '../setup/temp-folder.ts';
import { ServiceProcess } from './service-process.ts';

const LAUNCHER = join(import.meta.dirname, '../../server/bin/parley-server.js');

export interface ServerProcessOptions {
  /** PARLEY_* variables; without a database URL, SQLite in a folder of its own. */
  readonly environment: Readonly<Record<string, string>>;
  readonly logFile?: string | undefined;
}

/** A real server with a database of its own, which can be ended and started again at the same address. */
export class ServerProcess implements AsyncDisposable {
  readonly address: string;
  readonly databaseUrl: string;
  readonly #folder: string;
  readonly #process: ServiceProcess;

  /** @param environment PARLEY_* variables; without a database URL, SQLite in a folder of its own. */
  static async start(environment: Readonly<Record<string, string>> = {}): Promise<ServerProcess> {
    const server = await ServerProcess.prepare({ environment });
    await server.start();
    return server;
  }

  /** Chooses its address, and starts nothing yet. */
  static async prepare(options: ServerProcessOptions): Promise<ServerProcess> {
    return new ServerProcess(`127.0.0.1:${await freePort()}`, await makeTempFolder('server'), options);
  }

  protected constructor(address: string, folder: string, { environment, logFile }: ServerProcessOptions) {
    this.address = address;
    this.databaseUrl = environment['PARLEY_DATABASE_URL'] ?? `sqlite:${join(folder, 'parley.db')}`;
    this.#folder = folder;
    this.#process = new ServiceProcess({
      command: '/usr/bin/env',
      args: [
        `PARLEY_LISTEN=${address}`,
        `PARLEY_DATABASE_URL=${this.databaseUrl}`,
        `PARLEY_ATTACHMENTS=${join(folder, 'attachments')}`,
        ...Object.entries(environment).map(([name, value]) => `${name}=${value}`),
        process.execPath,
        LAUNCHER,
      ],
      ready: /listening|serving/i,
      logFile,
    });
  }

  /** The process that serves. @throws Error while there is none */
  get pid(): number {
    return this.#process.pid;
  }

  /** Starts the server, again if it has been ended. */
  start(): Promise<void> {
    return this.#process.start();
  }

  /** Ends the server as it asks to be ended. */
  stop(): Promise<void> {
    return this.#process.stop();
  }

  /** Ends the server at once, whatever it is doing. */
  kill(): Promise<void> {
    return this.#process.kill();
  }

  /** Stops the server in the middle of whatever it does; each of its threads stands still when this returns. */
  pause(): Promise<void> {
    return this.#process.pause();
  }

  resume(): void {
    this.#process.resume();
  }

  /** Sends a signal; `exitCode` tells how the process ended. */
  signal(signal: NodeJS.Signals): void {
    this.#process.signal(signal);
  }

  /** Resolves when the process has ended; null after a signal that it didn't handle. */
  get exitCode(): Promise<number | null> {
    return this.#process.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await removeTempFolder(this.#folder);
  }
}
