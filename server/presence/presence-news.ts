import type { Bus } from '../bus/bus.ts';
import { RegistryUnavailable } from '../cluster/registry.ts';
import { type Clock, pause, type Timer } from '../lib/clock.ts';
import type { FriendStore } from '../store/seam/friends.ts';
import type { PresenceStatus } from '../store/seam/presence.ts';
import type { Events } from '../telemetry/events.ts';
import type { OpenStatus, Presence, PresenceState } from './presence.ts';

/** Who comes back within it was never gone. */
const GRACE_MS = 2_000;
const RETRY_AFTER_MS = 2_000;
/** Users whose state is looked up by one query. */
const MOST_AT_ONCE = 100;

export interface PresenceNewsParts {
  readonly presence: Presence;
  readonly friends: Pick<FriendStore, 'ids'>;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly events: Events;
}

/**
 * Tells friends of who comes and goes. What is told is looked up when it is told, one look-up after the other: of
 * several changes the last one is told, and what went back before it was told never is. What friends know already is
 * known from the replicas that told them; where two tell at the same time, they are told twice.
 */
export class PresenceNews {
  readonly #parts: PresenceNewsParts;
  readonly #leaving = new Map<number, Timer>();
  /** Whose state is to be told; whether also where it is the one that was told last. */
  readonly #due = new Map<number, boolean>();
  /** What was told of users who may have been otherwise by then, by another replica: they are looked up once more. */
  readonly #unsure = new Map<number, PresenceStatus>();
  #telling = false;
  #closed = false;

  constructor(parts: PresenceNewsParts) {
    this.#parts = parts;
    parts.presence.onChange((userId, status) => this.#changed(userId, status));
    parts.presence.onDoubt((userIds) => this.tellAgain(userIds));
  }

  /** The user hides whether they are there, or does so no longer. */
  settingChanged(userId: number): void {
    this.#tell(userId, true);
  }

  /** Tells how these users are, though friends may know it. */
  tellAgain(userIds: readonly number[]): void {
    for (const userId of userIds) this.#tell(userId, true);
  }

  /** Tells nothing more. */
  close(): void {
    this.#closed = true;
    this.#due.clear();
    this.#unsure.clear();
    for (const timer of this.#leaving.values()) timer.cancel();
    this.#leaving.clear();
  }

  #changed(userId: number, status: OpenStatus): void {
    this.#leaving.get(userId)?.cancel();
    this.#leaving.delete(userId);
    if (status !== 'offline') return this.#tell(userId, false);
    const left = () => {
      this.#leaving.delete(userId);
      this.#tell(userId, false);
    };
    this.#leaving.set(userId, this.#parts.clock.after(GRACE_MS, left));
  }

  #tell(userId: number, again: boolean): void {
    if (this.#closed) return;
    this.#due.set(userId, again || (this.#due.get(userId) ?? false));
    if (!this.#telling) void this.#tellAll();
  }

  async #tellAll(): Promise<void> {
    const { bus, clock } = this.#parts;
    this.#telling = true;
    while (this.#due.size > 0) {
      // It would be lost, and would count as told.
      if (bus.state !== 'up') {
        await pause(clock, RETRY_AFTER_MS);
        continue;
      }
      const batch = [...this.#due].slice(0, MOST_AT_ONCE);
      for (const [userId] of batch) this.#due.delete(userId);
      try {
        await this.#tellBatch(batch);
      } catch (cause) {
        // That the registry is away has been said.
        if (!(cause instanceof RegistryUnavailable)) this.#parts.events.workFailed('telling who is there', cause);
        for (const [userId, again] of batch) this.#due.set(userId, again || (this.#due.get(userId) ?? false));
        await pause(clock, RETRY_AFTER_MS);
        if (this.#closed) break;
      }
    }
    this.#telling = false;
  }

  async #tellBatch(batch: readonly (readonly [userId: number, again: boolean])[]): Promise<void> {
    const { presence } = this.#parts;
    const looks = await presence.look(batch.map(([userId]) => userId));
    for (const [userId, again] of batch) {
      const look = looks.get(userId);
      // Who is within their grace is not told of as offline, but when it has passed.
      if (look === undefined || (this.#leaving.has(userId) && !again)) continue;
      const { state, here } = look;
      const told = this.#unsure.get(userId) ?? look.told;
      const isNews = again || (state.status !== 'hidden' && state.status !== told);
      if (isNews) await this.#publish(userId, state);
      if (this.#closed) return;
      this.#unsure.delete(userId);
      presence.settle(userId, state.status === 'hidden' ? 'offline' : here);
      // Who is online here is so, whatever others do. Otherwise another replica may have changed it since the look-up,
      // and told nobody, for by what had been told before, friends knew.
      if (isNews && here !== 'online') this.#lookAgain(userId, state.status);
    }
  }

  #lookAgain(userId: number, told: PresenceStatus): void {
    this.#unsure.set(userId, told);
    this.#tell(userId, false);
  }

  async #publish(userId: number, { status, lastSeenAt }: PresenceState): Promise<void> {
    const friendIds = await this.#parts.friends.ids(userId);
    if (this.#closed) return;
    for (const to of friendIds) {
      this.#parts.bus.publish(`user:${to}`, { type: 'presence', to, userId, status, lastSeenAt });
    }
  }
}
