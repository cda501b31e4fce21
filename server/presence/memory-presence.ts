import type { Clock, Timer } from '../lib/clock.ts';
import type { PresenceRow } from '../store/seam/records.ts';
import type { PresenceStore } from '../store/seam/presence.ts';
import type { Events } from '../telemetry/events.ts';
import type { Presence, PresenceState } from './presence.ts';

const WRITE_AFTER_MS = 500;
const RETRY_AFTER_MS = 2_000;

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
  /** What the store doesn't have yet: rows stay here until they are written. */
  readonly #unwritten = new Map<number, PresenceRow>();
  #writing: Promise<boolean> | undefined;
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
    // Taken before the read: what is written meanwhile may be in neither.
    const unwritten = new Map(offline.map((userId) => [userId, this.#unwritten.get(userId)?.at]));
    const lastSeen = offline.length > 0 ? await this.#store.lastSeen(offline) : new Map<number, number>();
    const stateOf = (userId: number): PresenceState => {
      if (this.#streams.has(userId)) return { online: true, lastSeenAt: null };
      const at = this.#unwritten.get(userId)?.at ?? unwritten.get(userId) ?? lastSeen.get(userId);
      return { online: false, lastSeenAt: at ?? null };
    };
    return new Map(userIds.map((userId) => [userId, stateOf(userId)]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing;
    for (const userId of this.#streams.keys()) this.#note(userId, false);
    this.#streams.clear();
    this.#timer?.cancel();
    await this.#writeAll();
  }

  #note(userId: number, online: boolean): void {
    this.#unwritten.set(userId, { userId, online, at: this.#clock.now() });
    if (this.#writing === undefined) this.#writeAfter(WRITE_AFTER_MS);
  }

  #writeAfter(delayMs: number): void {
    this.#timer ??= this.#clock.after(delayMs, () => void this.#write());
  }

  /** One write at a time: an "online" that is slow must not come after the "offline" that followed it. */
  async #write(): Promise<void> {
    this.#timer = undefined;
    this.#writing = this.#writeAll();
    const written = await this.#writing;
    this.#writing = undefined;
    if (this.#unwritten.size > 0) this.#writeAfter(written ? WRITE_AFTER_MS : RETRY_AFTER_MS);
  }

  /** Whether the store has taken it. */
  async #writeAll(): Promise<boolean> {
    const batch = [...this.#unwritten.values()];
    if (batch.length === 0) return true;
    try {
      await this.#store.write(this.#options.replica, this.#options.incarnation, batch);
    } catch (cause) {
      this.#events.workFailed('writing presence', cause);
      return false;
    }
    for (const row of batch) if (this.#unwritten.get(row.userId) === row) this.#unwritten.delete(row.userId);
    return true;
  }
}
