import type { Clock, Timer } from '../../server/lib/clock.ts';

/** What its wall clock shows at the start. */
export const EPOCH_MS = 1_700_000_000_000;

/** Time that passes only when the test says so: a clock for the server, and for the SDK, which needs less of one. */
export class ManualClock implements Clock {
  #nowMs = 0;
  readonly #timers = new Set<{ dueMs: number; action: () => void }>();

  now(): number {
    return EPOCH_MS + this.#nowMs;
  }

  monotonic(): number {
    return this.#nowMs;
  }

  after(delayMs: number, action: () => void): Timer {
    const timer = { dueMs: this.#nowMs + delayMs, action };
    this.#timers.add(timer);
    return { cancel: () => this.#timers.delete(timer) };
  }

  /** Lets time pass; what falls due runs in order, each at its own time. */
  advance(byMs: number): void {
    const untilMs = this.#nowMs + byMs;
    for (;;) {
      const due = [...this.#timers].filter(({ dueMs }) => dueMs <= untilMs).sort((a, b) => a.dueMs - b.dueMs)[0];
      if (!due) break;
      this.#timers.delete(due);
      this.#nowMs = Math.max(this.#nowMs, due.dueMs);
      due.action();
    }
    this.#nowMs = untilMs;
  }

  get timers(): number {
    return this.#timers.size;
  }
}
