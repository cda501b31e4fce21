import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { LoadReport } from './load-run.ts';

const PROGRAM = join(import.meta.dirname, 'load-process.ts');

export interface LoadOptions {
  /** HOST:PORT; no TLS. */
  readonly address: string;
  /** An even number. */
  readonly users: number;
  readonly groupSize: number;
  /** Messages in total. */
  readonly perSecond: number;
}

export type LoadOrder =
  | { readonly order: 'prepare'; readonly options: LoadOptions }
  | { readonly order: 'start' | 'mark'; readonly mark: string }
  | { readonly order: 'finish' };

export type LoadAnswer =
  | { readonly answer: 'ready' }
  | { readonly answer: 'report'; readonly report: LoadReport }
  | { readonly answer: 'failed'; readonly message: string };

/** Users who write to each other, in a process of their own: measured there, what is measured here doesn't disturb them. */
export class Load implements AsyncDisposable {
  readonly #child: ChildProcess;

  /** Signs everybody up; nothing is sent before `start`. */
  static async prepare(options: LoadOptions): Promise<Load> {
    const load = new Load();
    try {
      await load.#ask({ order: 'prepare', options }, 'ready');
      return load;
    } catch (error) {
      await load[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor() {
    this.#child = fork(PROGRAM, [], { execArgv: ['--import', 'tsx'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  }

  /** Connects everybody and begins to send; what is sent from now on counts under this mark. */
  start(mark: string): void {
    this.#order({ order: 'start', mark });
  }

  /** What is sent from now on counts under this mark. */
  mark(mark: string): void {
    this.#order({ order: 'mark', mark });
  }

  /** Sends no more, waits for what is under way, and tells how it went. */
  async finish(): Promise<LoadReport> {
    const { report } = await this.#ask({ order: 'finish' }, 'report');
    await this[Symbol.asyncDispose]();
    return report;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }

  #order(order: LoadOrder): void {
    this.#child.send(order);
  }

  async #ask<A extends LoadAnswer['answer']>(order: LoadOrder, wanted: A): Promise<Extract<LoadAnswer, { answer: A }>> {
    const ended = new AbortController();
    const exit = once(this.#child, 'exit', { signal: ended.signal }).then(() => {
      throw new Error('the load ended before it answered');
    });
    const message = once(this.#child, 'message', { signal: ended.signal });
    try {
      this.#order(order);
      const [answer] = (await Promise.race([message, exit])) as [LoadAnswer];
      if (answer.answer === 'failed') throw new Error(`the load failed: ${answer.message}`);
      if (answer.answer !== wanted) throw new Error(`the load answered ${answer.answer} instead of ${wanted}`);
      return answer as Extract<LoadAnswer, { answer: A }>;
    } finally {
      exit.catch(() => undefined);
      message.catch(() => undefined);
      ended.abort();
    }
  }
}
