import type { Clock, Timer } from '../../server/lib/clock.ts';

/**
 * Time as one process has it: real time, faster by a factor, and the process may be stopped. Then no timer fires; what fell
 * due meanwhile fires when it goes on, as with a process that gets a SIGCONT.
 */
export class ProcessClock implements Clock {
  readonly #speed: number;
  readonly #beganAt = performance.now();
  readonly #epoch = Date.now();
  readonly #timers = new Set<NodeJS.Timeout>();
  #stopped = false;
  #missed: (() => void)[] = [];

  constructor(speed = 1) {
    this.#speed = speed;
  }

  now(): number {
    return Math.floor(this.#epoch + this.monotonic());
  }

  monotonic(): number {
    return (performance.now() - this.#beganAt) * this.#speed;
  }

  after(delayMs: number, action: () => void): Timer {
    let cancelled = false;
    const fire = () => {
      this.#timers.delete(handle);
      if (cancelled) return;
      if (this.#stopped) this.#missed.push(fire);
      else action();
    };
    const handle = setTimeout(fire, delayMs / this.#speed);
    handle.unref();
    this.#timers.add(handle);
    return {
      cancel: () => {
        cancelled = true;
        clearTimeout(handle);
        this.#timers.delete(handle);
      },
    };
  }

  stop(): void {
    this.#stopped = true;
  }

  resume(): void {
    this.#stopped = false;
    for (const fire of this.#missed.splice(0)) fire();
  }

  /** No timer fires any more. */
  end(): void {
    this.stop();
    for (const handle of this.#timers) clearTimeout(handle);
    this.#timers.clear();
    this.#missed = [];
  }
}
