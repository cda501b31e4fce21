import type { Clock, Timer } from '../lib/clock.ts';
import type { Store } from '../store/seam/store.ts';
import type { Events } from '../telemetry/events.ts';

export interface RequestExpiryOptions {
  /** A friend request that nobody answers lapses after so long. */
  readonly requestTtlMs: number;
}

const SWEEP_EVERY_MS = 3_600_000;

/** How long friend requests wait for an answer. One that has lapsed counts as none; its row is deleted within the hour. */
export class RequestExpiry implements Disposable {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #events: Events;
  readonly #requestTtlMs: number;
  #sweepTimer: Timer;

  constructor(parts: { store: Store; clock: Clock; events: Events }, { requestTtlMs }: RequestExpiryOptions) {
    this.#store = parts.store;
    this.#clock = parts.clock;
    this.#events = parts.events;
    this.#requestTtlMs = requestTtlMs;
    this.#sweepTimer = this.#clock.after(SWEEP_EVERY_MS, () => void this.#sweep());
  }

  /** Requests made at this time or before it have lapsed. */
  lapsedUntil(): number {
    return this.#clock.now() - this.#requestTtlMs;
  }

  expiresAt(createdAt: number): number {
    return createdAt + this.#requestTtlMs;
  }

  [Symbol.dispose](): void {
    this.#sweepTimer.cancel();
  }

  async #sweep(): Promise<void> {
    this.#sweepTimer = this.#clock.after(SWEEP_EVERY_MS, () => void this.#sweep());
    try {
      await this.#store.friends.deleteRequests(this.lapsedUntil());
    } catch (cause) {
      this.#events.workFailed('deleting lapsed friend requests', cause);
    }
  }
}
