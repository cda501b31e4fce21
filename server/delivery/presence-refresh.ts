import { type Clock, pause, type Timer } from '../lib/clock.ts';
import type { Presence } from '../presence/presence.ts';
import type { FriendStore } from '../store/seam/friends.ts';
import type { Events } from '../telemetry/events.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { Streams } from './streams.ts';

export interface PresenceRefreshParts {
  readonly presence: Pick<Presence, 'states'>;
  readonly friends: Pick<FriendStore, 'ids'>;
  readonly streams: Pick<Streams, 'userIds'>;
  readonly dispatcher: Pick<Dispatcher, 'receive'>;
  readonly clock: Clock;
  readonly events: Events;
  /** What replicas know of each other's users is whole again so long after a break: the length of a lease. */
  readonly leaseMs: number;
}

/** Thousands of users must not keep the database and the event loop from everybody else. */
const USERS_AT_ONCE = 20;
const REST_MS = 20;
const RETRY_AFTER_MS = 2_000;

/** Shows the streams here their friends' presence anew, after the bus may have lost what was told of it. */
export class PresenceRefresh implements AsyncDisposable {
  readonly #parts: PresenceRefreshParts;
  readonly #due = new Set<number>();
  #timer: Timer | undefined;
  #refreshing: Promise<void> | undefined;
  #closed = false;

  constructor(parts: PresenceRefreshParts) {
    this.#parts = parts;
  }

  /** Everything told before may be lost, everything from now on arrives. */
  busIsUp(): void {
    if (this.#closed) return;
    this.#timer?.cancel();
    this.#timer = this.#parts.clock.after(this.#parts.leaseMs, () => {
      for (const userId of this.#parts.streams.userIds()) this.#due.add(userId);
      this.#refreshing ??= this.#refresh().finally(() => (this.#refreshing = undefined));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#refreshing;
  }

  async #refresh(): Promise<void> {
    const { clock, events } = this.#parts;
    while (this.#due.size > 0 && !this.#closed) {
      const some = [...this.#due].slice(0, USERS_AT_ONCE);
      try {
        for (const userId of some) {
          await this.#show(userId);
          this.#due.delete(userId);
        }
        await pause(clock, REST_MS);
      } catch (cause) {
        events.workFailed('showing friends anew', cause);
        await pause(clock, RETRY_AFTER_MS);
      }
    }
  }

  async #show(to: number): Promise<void> {
    const { friends, presence, dispatcher } = this.#parts;
    for (const [userId, { status, lastSeenAt }] of await presence.states(await friends.ids(to))) {
      dispatcher.receive({ type: 'presence', to, userId, status, lastSeenAt });
    }
  }
}
