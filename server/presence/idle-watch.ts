import type { Clock, Timer } from '../lib/clock.ts';

/** Notices who does nothing for a while: users in the order in which they did something last, and one timer. */
export class IdleWatch {
  readonly #clock: Clock;
  readonly #idleAfterMs: number;
  readonly #onIdle: (userId: number) => void;
  /** When who is not idle did something last, the longest ago first. */
  readonly #activeAt = new Map<number, number>();
  #timer: Timer | undefined;

  /** @param onIdle is called once when a user was idle for `idleAfterMs`, until they do something again */
  constructor(clock: Clock, idleAfterMs: number, onIdle: (userId: number) => void) {
    this.#clock = clock;
    this.#idleAfterMs = idleAfterMs;
    this.#onIdle = onIdle;
  }

  /** The user does something. */
  touch(userId: number): void {
    this.#activeAt.delete(userId);
    this.#activeAt.set(userId, this.#clock.monotonic());
    this.#timer ??= this.#clock.after(this.#idleAfterMs, () => this.#look());
  }

  forget(userId: number): void {
    this.#activeAt.delete(userId);
    if (this.#activeAt.size === 0) this.#cancel();
  }

  close(): void {
    this.#activeAt.clear();
    this.#cancel();
  }

  #cancel(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #look(): void {
    this.#timer = undefined;
    const now = this.#clock.monotonic();
    for (const [userId, activeAt] of this.#activeAt) {
      const idleInMs = activeAt + this.#idleAfterMs - now;
      if (idleInMs > 0) {
        this.#timer = this.#clock.after(idleInMs, () => this.#look());
        return;
      }
      this.#activeAt.delete(userId);
      this.#onIdle(userId);
    }
  }
}
