import type { Clock } from './clock.ts';

const EVERY_MS = 60_000;

/** Counts what is lost and tells the number: the first time at once, then once a minute at most, however much it is. */
export class LossReport {
  readonly #clock: Clock;
  readonly #tell: (lost: number) => void;
  #lost = 0;
  #toldAt = -Infinity;

  constructor(clock: Clock, tell: (lost: number) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  add(lost: number): void {
    this.#lost += lost;
    const now = this.#clock.monotonic();
    if (now < this.#toldAt + EVERY_MS) return;
    this.#toldAt = now;
    this.#tell(this.#lost);
    this.#lost = 0;
  }
}
