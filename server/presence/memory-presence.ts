import type { Clock, Timer } from '../lib/clock.ts';
import type { PresenceRow } from '../store/records.ts';
import type { PresenceStore } from '../store/store.ts';
import type { Events } from '../telemetry/events.ts';
import type { Presence, PresenceState } from './presence.ts';

const WRITE_AFTER_MS = 500;

export interface MemoryPresenceOptions {
  readonly replica: string;
  /** Names this run of the replica. */
  readonly incarnation: string;
}

/** Presence where this replica is the only one: counted here, written behind for after a restart. */
export class MemoryPresence implements Presence {
  readonly #store: PresenceStore;
  readonly #clock: Clock;
  readonly #events: Events;
  readonly #options: MemoryPresenceOptions;
  readonly #streams = new Map<number, number>();
  #unwritten = new Map<number, PresenceRow>();
  #timer: Timer | undefined;

  constructor(parts: { store: PresenceStore; clock: Clock; events: Events }, options: MemoryPresenceOptions) {
    this.#store = parts.store;
    this.#clock = parts.clock;
    this.#events = parts.events;
    this.#options = options;
  }

  arrive(userId: number): void {
    const streams = this.#streams.get(userId) ?? 0;
    this.#streams.set(userId, streams + 1);
    if (streams === 0) this.#note(userId, true);
  }

  leave(userId: number): void {
    const streams = (this.#streams.get(userId) ?? 0) - 1;
    if (streams > 0) {
      this.#streams.set(userId, streams);
      return;
    }
    this.#streams.delete(userId);
    this.#note(userId, false);
  }

  async states(userIds: readonly number[]): Promise<Map<number, PresenceState>> {
    const offline = userIds.filter((userId) => !this.#streams.has(userId));
    const lastSeen = offline.length > 0 ? await this.#store.lastSeen(offline) : new Map<number, number>();
    const stateOf = (userId: number): PresenceState => {
      if (this.#streams.has(userId)) return { online: true, lastSeenAt: null };
      return { online: false, lastSeenAt: this.#unwritten.get(userId)?.at ?? lastSeen.get(userId) ?? null };
    };
    return new Map(userIds.map((userId) => [userId, stateOf(userId)]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#timer?.cancel();
    for (const userId of this.#streams.keys()) this.#note(userId, false);
    this.#streams.clear();
    this.#timer?.cancel();
    await this.#write();
  }

  #note(userId: number, online: boolean): void {
    this.#unwritten.set(userId, { userId, online, at: this.#clock.now() });
    this.#timer ??= this.#clock.after(WRITE_AFTER_MS, () => void this.#write());
  }

  async #write(): Promise<void> {
    this.#timer = undefined;
    const batch = this.#unwritten;
    if (batch.size === 0) return;
    this.#unwritten = new Map();
    try {
      await this.#store.write(this.#options.replica, this.#options.incarnation, [...batch.values()]);
    } catch (cause) {
      this.#events.workFailed('writing presence', cause);
      for (const [userId, row] of batch) if (!this.#unwritten.has(userId)) this.#unwritten.set(userId, row);
      this.#timer ??= this.#clock.after(WRITE_AFTER_MS * 4, () => void this.#write());
    }
  }
}
