import type { Clock } from '../lib/clock.ts';
import type { AccountStore } from '../store/seam/accounts.ts';
import type { PresenceStore } from '../store/seam/presence.ts';
import type { Events } from '../telemetry/events.ts';
import { LocalUsers } from './local-users.ts';
import type { OpenStatus, Presence, PresenceLook, PresenceState } from './presence.ts';
import { RowWriter } from './row-writer.ts';

export interface MemoryPresenceParts {
  readonly store: Pick<PresenceStore, 'write' | 'lastSeen'>;
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

/** Presence where this replica is the only one: counted here, written behind for after a restart. */
export class MemoryPresence implements Presence {
  readonly #parts: MemoryPresenceParts;
  readonly #users: LocalUsers;
  readonly #rows: RowWriter;
  #changed: (userId: number, status: OpenStatus) => void = () => undefined;

  constructor(parts: MemoryPresenceParts, options: MemoryPresenceOptions) {
    const { clock, events, store } = parts;
    const { replica, incarnation, awayAfterMs } = options;
    this.#parts = parts;
    this.#rows = new RowWriter({ save: (rows) => store.write(replica, incarnation, rows), clock, events });
    this.#users = new LocalUsers(clock, awayAfterMs, (userId, status, was) => {
      if (status === 'offline' || was === 'offline') this.#rows.note(userId, status !== 'offline');
      this.#changed(userId, status);
    });
  }

  onChange(changed: (userId: number, status: OpenStatus) => void): void {
    this.#changed = changed;
  }

  /** Nobody else tells of these users. */
  onDoubt(): void {}

  arrive(userId: number): void {
    this.#users.arrive(userId);
  }

  active(userId: number): void {
    this.#users.active(userId);
  }

  leave(userId: number): void {
    this.#users.leave(userId);
  }

  settle(userId: number, here: OpenStatus): void {
    this.#users.settle(userId, here === 'offline' ? null : here);
  }

  async states(userIds: readonly number[]): Promise<Map<number, PresenceState>> {
    const offline = userIds.filter((userId) => this.#users.status(userId) === 'offline');
    // Taken before the read: what is written meanwhile may be in neither.
    const unwritten = new Map(offline.map((userId) => [userId, this.#rows.unwrittenAt(userId)]));
    const { store, accounts } = this.#parts;
    const [hidden, lastSeen] = await Promise.all([
      userIds.length > 0 ? accounts.hiddenPresence(userIds) : new Set<number>(),
      offline.length > 0 ? store.lastSeen(offline) : new Map<number, number>(),
    ]);
    const stateOf = (userId: number): PresenceState => {
      if (hidden.has(userId)) return { status: 'hidden', lastSeenAt: null };
      const status = this.#users.status(userId);
      if (status !== 'offline') return { status, lastSeenAt: null };
      const at = this.#rows.unwrittenAt(userId) ?? unwritten.get(userId) ?? lastSeen.get(userId);
      return { status, lastSeenAt: at ?? null };
    };
    return new Map(userIds.map((userId) => [userId, stateOf(userId)]));
  }

  async look(userIds: readonly number[]): Promise<Map<number, PresenceLook>> {
    const states = await this.states(userIds);
    return new Map(
      [...states].map(([userId, state]) => {
        const { told } = this.#users.standing(userId) ?? { told: null };
        const here = state.status === 'hidden' ? this.#users.status(userId) : state.status;
        return [userId, { state, told: told ?? 'offline', here }];
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const present = this.#users.present();
    this.#users.close();
    await this.#rows.close(present);
  }
}
