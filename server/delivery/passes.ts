import type { Clock, Timer } from '../lib/clock.ts';
import type { Events } from '../telemetry/events.ts';

/** Work that is done again and again. */
export interface Pass {
  /** As it stands in the log where it fails. */
  readonly name: string;
  run(): Promise<void>;
  /** From the begin of one to the begin of the next, which waits for the end of the one before. */
  waitMs(): number;
}

/** However long a pass takes, others get their turn. */
const REST_MS = 100;

/** Does passes at their pace, the first at once; never two at a time. One that fails is only followed by the next. */
export class Passes implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #events: Events;
  readonly #pass: Pass;
  #timer: Timer | undefined;
  #running: Promise<void> | undefined;
  #again = false;
  #closed = false;

  constructor(parts: { readonly clock: Clock; readonly events: Events }, pass: Pass) {
    this.#clock = parts.clock;
    this.#events = parts.events;
    this.#pass = pass;
    this.soon();
  }

  /** Now; where one is under way, which may have looked too early, another one after it. */
  soon(): void {
    this.#again = true;
    if (this.#running !== undefined || this.#closed) return;
    this.#timer?.cancel();
    this.#running = this.#run();
  }

  /** Begins no more, and waits for the one that is under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#running;
  }

  async #run(): Promise<void> {
    let beganAt = this.#clock.monotonic();
    while (this.#again && !this.#closed) {
      this.#again = false;
      beganAt = this.#clock.monotonic();
      try {
        await this.#pass.run();
      } catch (cause) {
        this.#events.workFailed(this.#pass.name, cause);
      }
    }
    this.#running = undefined;
    if (this.#closed) return;
    const tookMs = this.#clock.monotonic() - beganAt;
    this.#timer = this.#clock.after(Math.max(REST_MS, this.#pass.waitMs() - tookMs), () => this.soon());
  }
}
