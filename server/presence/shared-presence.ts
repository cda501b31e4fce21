import type { Lease, Renewal } from '../cluster/registry.ts';
import type { Roster, StandingAt } from '../cluster/roster.ts';
import type { Clock } from '../lib/clock.ts';
import type { AccountStore } from '../store/seam/accounts.ts';
import type { PresenceStore, Run } from '../store/seam/presence.ts';
import type { PresenceRow } from '../store/seam/records.ts';
import type { Events } from '../telemetry/events.ts';
import { Elsewhere } from './elsewhere.ts';
import { LocalUsers } from './local-users.ts';
import type { OpenStatus, Presence, PresenceLook, PresenceState } from './presence.ts';
import { RosterWriter } from './roster-writer.ts';
import { RowAudit } from './row-audit.ts';
import { RowWriter } from './row-writer.ts';
import { strongest } from './strongest.ts';
import { writeRows } from './write-rows.ts';

export interface SharedPresenceParts {
  readonly store: PresenceStore;
  readonly accounts: Pick<AccountStore, 'hiddenPresence'>;
  readonly roster: Roster;
  readonly lease: Lease;
  readonly clock: Clock;
  readonly events: Events;
}

export interface SharedPresenceOptions {
  /** This run of this replica. */
  readonly run: Run;
  /** Who does nothing for so long, on any stream, is away. */
  readonly awayAfterMs: number;
  readonly leaseMs: number;
}

/**
 * Presence where there are several replicas. Each counts its own streams and shows its users to the others in the roster,
 * where they count while its lease lasts; the database is written behind, and asked while there is no roster.
 */
export class SharedPresence implements Presence {
  readonly #parts: SharedPresenceParts;
  readonly #run: Run;
  readonly #users: LocalUsers;
  readonly #rows: RowWriter;
  readonly #audit: RowAudit;
  readonly #writer: RosterWriter;
  readonly #elsewhere: Elsewhere;
  #changed: (userId: number, status: OpenStatus) => void = () => undefined;
  #doubted: (userIds: readonly number[]) => void = () => undefined;

  constructor(parts: SharedPresenceParts, { run, awayAfterMs, leaseMs }: SharedPresenceOptions) {
    const { clock, events, roster, lease, store } = parts;
    this.#parts = parts;
    this.#run = run;
    this.#rows = new RowWriter({ save: (rows) => this.#save(rows), clock, events });
    this.#users = new LocalUsers(clock, awayAfterMs, (userId, status, was) => {
      if (status === 'offline' || was === 'offline') this.#rows.note(userId, status !== 'offline');
      this.#writer.note([userId]);
      this.#changed(userId, status);
    });
    this.#writer = new RosterWriter(roster, (userId) => this.#users.standing(userId));
    this.#elsewhere = new Elsewhere(parts, { run, leaseMs });
    this.#audit = new RowAudit({ store, users: this.#users, rows: this.#rows, clock, events }, run);
    lease.onRenewed((renewal) => this.#renewed(renewal));
  }

  onChange(changed: (userId: number, status: OpenStatus) => void): void {
    this.#changed = changed;
  }

  onDoubt(doubted: (userIds: readonly number[]) => void): void {
    this.#doubted = doubted;
  }

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
    const told = here === 'offline' ? null : here;
    const before = this.#users.standing(userId)?.told ?? null;
    if (before === told) return;
    this.#users.settle(userId, told);
    this.#writer.note([userId]);
  }

  async states(userIds: readonly number[]): Promise<Map<number, PresenceState>> {
    const here = new Map(userIds.map((userId) => [userId, this.#users.status(userId)]));
    // Who is online here is online, however they are elsewhere.
    const unsure = userIds.filter((userId) => here.get(userId) !== 'online');
    const [hidden, elsewhere] = await Promise.all([
      this.#hidden(userIds),
      unsure.length > 0 ? this.#elsewhere.find(unsure) : new Map<number, StandingAt[]>(),
    ]);
    const of = (userId: number) =>
      strongest([here.get(userId) ?? null, ...(elsewhere.get(userId) ?? []).map(({ is }) => is)]);
    return this.#toStates(hidden, new Map(userIds.map((userId) => [userId, of(userId)])));
  }

  async look(userIds: readonly number[]): Promise<Map<number, PresenceLook>> {
    const mine = new Map(userIds.map((userId) => [userId, this.#users.standing(userId)]));
    await this.#writer.flush();
    const [hidden, elsewhere] = await Promise.all([this.#hidden(userIds), this.#elsewhere.ask(userIds)]);
    const of = (userId: number, what: 'is' | 'told') =>
      strongest([mine.get(userId)?.[what] ?? null, ...(elsewhere.get(userId) ?? []).map((there) => there[what])]);
    const states = await this.#toStates(hidden, new Map(userIds.map((userId) => [userId, of(userId, 'is')])));
    return new Map(
      [...states].map(([userId, state]) => {
        return [userId, { state, told: of(userId, 'told'), here: mine.get(userId)?.is ?? 'offline' }];
      }),
    );
  }

  /** Streams have ended before. The lease is still held, and given up next. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#audit[Symbol.asyncDispose]();
    const present = this.#users.present();
    this.#users.close();
    this.#writer.note(present);
    await this.#rows.close(present);
    // Unless it can be written, they are gone with the lease.
    await this.#writer.flush().catch(() => undefined);
  }

  async #hidden(userIds: readonly number[]): Promise<Set<number>> {
    return userIds.length > 0 ? this.#parts.accounts.hiddenPresence(userIds) : new Set();
  }

  async #toStates(
    hidden: ReadonlySet<number>,
    statuses: ReadonlyMap<number, OpenStatus>,
  ): Promise<Map<number, PresenceState>> {
    const offline = [...statuses].flatMap(([userId, status]) => (status === 'offline' ? [userId] : []));
    // Taken before the read: what is written meanwhile may be in neither.
    const unwritten = new Map(offline.map((userId) => [userId, this.#rows.unwrittenAt(userId)]));
    const lastSeen = offline.length > 0 ? await this.#parts.store.lastSeen(offline) : new Map<number, number>();
    const stateOf = (userId: number, status: OpenStatus): PresenceState => {
      if (hidden.has(userId)) return { status: 'hidden', lastSeenAt: null };
      if (status !== 'offline') return { status, lastSeenAt: null };
      return { status, lastSeenAt: unwritten.get(userId) ?? lastSeen.get(userId) ?? null };
    };
    return new Map([...statuses].map(([userId, status]) => [userId, stateOf(userId, status)]));
  }

  #renewed(renewal: Renewal): void {
    if (renewal === 'kept') return this.#writer.note([]);
    this.#writer.note(this.#users.ids());
    if (renewal === 'new' || renewal === 'found') return;
    // Others counted these users as gone for a while, and may have stored and told it.
    const present = this.#users.present();
    for (const userId of present) this.#rows.note(userId, true);
    this.#doubted(present);
  }

  /** Who has left and is still on another replica goes on there in the database. */
  async #save(rows: readonly PresenceRow[]): Promise<void> {
    const leaving = rows.flatMap(({ userId, online }) => (online ? [] : [userId]));
    const elsewhere = leaving.length > 0 ? await this.#elsewhere.find(leaving) : new Map<number, StandingAt[]>();
    await writeRows(this.#parts.store, this.#run, rows, elsewhere);
  }
}
