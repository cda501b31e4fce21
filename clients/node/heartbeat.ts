import type { Clock, Timer } from './clock.ts';

export interface HeartbeatOptions {
  readonly clock: Clock;
  readonly intervalMs: number;
  /** After so many intervals without a frame the other side is given up. */
  readonly misses: number;
  /** Sends a ping. */
  readonly ping: () => void;
  /** Called once, when the other side is given up. */
  readonly onSilence: () => void;
}

/**
 * Keeps a stream alive and notices when it is dead: pings after an interval in which nothing was sent or nothing came,
 * and gives up after `misses` intervals in which nothing came.
 */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #timer: Timer | undefined;
  #lastSentMs: number;
  #lastReceivedMs: number;
  #listening = true;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#lastSentMs = this.#lastReceivedMs = options.clock.monotonic();
    this.#schedule();
  }

  sent(): void {
    this.#lastSentMs = this.#options.clock.monotonic();
  }

  received(): void {
    this.#lastReceivedMs = this.#options.clock.monotonic();
  }

  /** Silence counts only while the stream is read: what is held back tells nothing about the other side. */
  setListening(listening: boolean): void {
    if (listening && !this.#listening) this.received();
    this.#listening = listening;
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #schedule(): void {
    const { clock, intervalMs } = this.#options;
    const oldestMs = this.#listening ? Math.min(this.#lastSentMs, this.#lastReceivedMs) : this.#lastSentMs;
    const dueMs = Math.max(oldestMs + intervalMs, this.#lastSentMs + intervalMs / 2);
    this.#timer = clock.after(Math.max(1, dueMs - clock.monotonic()), () => this.#check());
  }

  #check(): void {
    const { clock, intervalMs, misses, ping, onSilence } = this.#options;
    const nowMs = clock.monotonic();
    if (this.#listening && nowMs - this.#lastReceivedMs >= intervalMs * misses) {
      this.#timer = undefined;
      onSilence();
      return;
    }
    const quiet = nowMs - this.#lastSentMs >= intervalMs;
    const unanswered = this.#listening && nowMs - this.#lastReceivedMs >= intervalMs;
    if (quiet || unanswered) {
      ping();
      this.sent();
    }
    this.#schedule();
  }
}
