import { type Daemon, type DaemonOptions, startDaemon } from '../setup/daemon.ts';
import { untilStopped } from './thread-states.ts';

/** A process that can be killed, paused, and started again as it was. */
export class ServiceProcess implements AsyncDisposable {
  readonly #options: DaemonOptions;
  #daemon: Daemon | undefined;

  constructor(options: DaemonOptions) {
    this.#options = options;
  }

  /** @throws Error while it doesn't run */
  get pid(): number {
    return this.#running.pid;
  }

  /** Resolves when the process has ended, with its exit code; null after a signal that it didn't handle. */
  get exited(): Promise<number | null> {
    return this.#running.exited;
  }

  /** Starts it, again if it has ended; returns once it serves. */
  async start(): Promise<void> {
    this.#daemon = await startDaemon(this.#options);
  }

  /** Ends it as it asks to be ended; harmless where it has ended. */
  async stop(): Promise<void> {
    // A stopped process handles no other signal.
    this.#daemon?.signal('SIGCONT');
    await this.#daemon?.stop();
    this.#daemon = undefined;
  }

  /** Ends it at once, whatever it is doing (SIGKILL). */
  async kill(): Promise<void> {
    this.#running.signal('SIGKILL');
    await this.stop();
  }

  /** Stops it in the middle of whatever it does (SIGSTOP); each of its threads stands still when this returns. */
  async pause(): Promise<void> {
    this.#running.signal('SIGSTOP');
    await untilStopped(this.#running.pid);
  }

  resume(): void {
    this.#running.signal('SIGCONT');
  }

  signal(signal: NodeJS.Signals): void {
    this.#running.signal(signal);
  }

  /** Resolves with the next line of output that matches. */
  nextLine(pattern: RegExp): Promise<string> {
    return this.#running.nextLine(pattern);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  get #running(): Daemon {
    if (this.#daemon === undefined) throw new Error(`${this.#options.command} is not running`);
    return this.#daemon;
  }
}
