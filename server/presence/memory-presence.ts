import type { Clock, Timer } from '../lib/clock.ts';
import type { AccountStore } from '../store/seam/accounts.ts';
import type { PresenceStatus, PresenceStore } from '../store/seam/presence.ts';
import type { PresenceRow } from '../store/seam/records.ts';
import type { Events } from '../telemetry/events.ts';
import { IdleWatch } from './idle-watch.ts';
import type { Presence, PresenceState } from './presence.ts';

const WRITE_AFTER_MS = 500;
const RETRY_AFTER_MS = 2_000;

export interface MemoryPresenceParts {
  readonly store: PresenceStore;
  readonly accounts: Pick<AccountStore, 'hiddenPresence'>;
  readonly clock: Clock;
  readonly events: Events;
}

export interface MemoryPresenceOptions {
  readonly replica: string;
  /** Names this run of the replica. */
  readonly incarnation: string;
  /** Who does nothing for so long, on any stream, is away. */
  readonly awayAfterMs: number;
}

/** A user with streams. */
interface Here {
  streams: number;
  away: boolean;
}

/** Presence where this replica is the only one: counted here, written behind for after a restart. */
export class MemoryPresence implements Presence {
  readonly #parts: MemoryPresenceParts;
  readonly #options: MemoryPresenceOptions;
  readonly #here = new Map<number, Here>();
  readonly #idle: IdleWatch;
  /** What the store doesn't have yet: rows stay here until they are written. */
  readonly #unwritten = new Map<number, PresenceRow>();
  #changed: (userId: number, status: Exclude<PresenceStatus, 'hidden'>) => void = () => undefined;
  #writing: Promise<boolean> | undefined;
  #timer: Timer | undefined;

  constructor(parts: MemoryPresenceParts, options: MemoryPresenceOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#idle = new IdleWatch(parts.clock, options.awayAfterMs, (userId) => this.#setAway(userId, true));
  }

  onChange(changed: (userId: number, status: Exclude<PresenceStatus, 'hidden'>) => void): void {
    this.#changed = changed;
  }

  arrive(userId: number): void {
    const here = this.#here.get(userId);
    if (here !== undefined) {
      here.streams += 1;
      this.active(userId);
      return;
    }
    this.#here.set(userId, { streams: 1, away: false });
    this.#idle.touch(userId);
    this.#note(userId, true);
    this.#changed(userId, 'online');
  }

  active(userId: number): void {
    if (!this.#here.has(userId)) return;
    this.#idle.touch(userId);
    this.#setAway(userId, false);
  }

  leave(userId: number): void {
    const here = this.#here.get(userId);
    if (here === undefined) return;
    here.streams -= 1;
    if (here.streams > 0) return;
    this.#here.delete(userId);
    this.#idle.forget(userId);
    this.#note(userId, false);
    this.#changed(userId, 'offline');
  }

  async states(userIds: readonly number[]): Promise<Map<number, PresenceState>> {
    const offline = userIds.filter((userId) => !this.#here.has(userId));
    // Taken before the read: what is written meanwhile may be in neither.
    const unwritten = new Map(offline.map((userId) => [userId, this.#unwritten.get(userId)?.at]));
    const { store, accounts } = this.#parts;
    const [hidden, lastSeen] = await Promise.all([
      userIds.length > 0 ? accounts.hiddenPresence(userIds) : new Set<number>(),
      offline.length > 0 ? store.lastSeen(offline) : new Map<number, number>(),
    ]);
    const stateOf = (userId: number): PresenceState => {
      if (hidden.has(userId)) return { status: 'hidden', lastSeenAt: null };
      const here = this.#here.get(userId);
      if (here !== undefined) return { status: here.away ? 'away' : 'online', lastSeenAt: null };
      const at = this.#unwritten.get(userId)?.at ?? unwritten.get(userId) ?? lastSeen.get(userId);
      return { status: 'offline', lastSeenAt: at ?? null };
    };
    return new Map(userIds.map((userId) => [userId, stateOf(userId)]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing;
    for (const userId of this.#here.keys()) this.#note(userId, false);
    this.#here.clear();
    this.#idle.close();
    this.#timer?.cancel();
    await this.#writeAll();
  }

  #setAway(userId: number, away: boolean): void {
    const here = this.#here.get(userId);
    if (here === undefined || here.away === away) return;
    here.away = away;
    this.#changed(userId, away ? 'away' : 'online');
  }

  #note(userId: number, online: boolean): void {
    this.#unwritten.set(userId, { userId, online, at: this.#parts.clock.now() });
    if (this.#writing === undefined) this.#writeAfter(WRITE_AFTER_MS);
  }

  #writeAfter(delayMs: number): void {
    this.#timer ??= this.#parts.clock.after(delayMs, () => void this.#write());
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
      await this.#parts.store.write(this.#options.replica, this.#options.incarnation, batch);
    } catch (cause) {
      this.#parts.events.workFailed('writing presence', cause);
      return false;
    }
    for (const row of batch) if (this.#unwritten.get(row.userId) === row) this.#unwritten.delete(row.userId);
    return true;
  }
}
