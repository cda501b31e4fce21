import type { Clock, Timer } from '../lib/clock.ts';
import { deadline } from './deadline.ts';

const EVERY_MS = 1_000;
const WITHIN_MS = 1_500;

/**
 * Notices that nothing comes back: what is published every second must arrive within a second and a half. A Redis that
 * is stopped, and one that has dropped the subscriber without a word, look alive in every other way.
 */
export class EchoWatchdog {
  readonly #clock: Clock;
  readonly #send: () => void;
  readonly #failed: (cause: Error) => void;
  readonly #first = Promise.withResolvers<void>();
  #timer: Timer | undefined;
  #cancelDeadline: (() => void) | undefined;

  /** @param send publishes an echo; `heard` is to be called when it arrives */
  constructor(clock: Clock, send: () => void, failed: (cause: Error) => void) {
    this.#clock = clock;
    this.#send = send;
    this.#failed = failed;
  }

  /** Returns when the first one has come back. */
  async start(): Promise<void> {
    this.#next();
    await this.#first.promise;
  }

  heard(): void {
    this.#cancelDeadline?.();
    this.#cancelDeadline = undefined;
    this.#first.resolve();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#cancelDeadline?.();
  }

  #next(): void {
    this.#timer = this.#clock.after(EVERY_MS, () => this.#next());
    if (this.#cancelDeadline !== undefined) return;
    this.#cancelDeadline = deadline(this.#clock, WITHIN_MS, () =>
      this.#failed(new Error(`what is published at Redis has not come back within ${WITHIN_MS} ms`)),
    );
    this.#send();
  }
}
