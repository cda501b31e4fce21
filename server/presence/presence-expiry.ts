import { type Lease, RegistryUnavailable } from '../cluster/registry.ts';
import type { Roster, StandingAt } from '../cluster/roster.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import type { PresenceStore, Run } from '../store/seam/presence.ts';
import type { Events } from '../telemetry/events.ts';
import type { PresenceNews } from './presence-news.ts';
import { strongest } from './strongest.ts';
import { writeRows } from './write-rows.ts';

const EVERY_MS = 1_000;
const PAGE_SIZE = 500;

export interface PresenceExpiryParts {
  readonly store: Pick<PresenceStore, 'runs' | 'usersOf' | 'write' | 'move'>;
  readonly roster: Roster;
  readonly lease: Pick<Lease, 'heldForMs' | 'renewSoon'>;
  readonly news: Pick<PresenceNews, 'tellAgain'>;
  readonly clock: Clock;
  readonly events: Events;
}

export interface PresenceExpiryOptions {
  /** This one: nobody is shown as gone while it is not listed itself. */
  readonly run: Run;
  readonly leaseMs: number;
}

/**
 * Shows the users of replicas whose lease has ended as gone: in the database, in the roster, and to friends. Every replica
 * looks each second, and the first one does it; what it leaves when it dies is done by another.
 *
 * The registry must have stood for a whole lease before: one that was out of reach, or came back empty, says nothing of
 * those who haven't renewed theirs yet.
 */
export class PresenceExpiry implements AsyncDisposable {
  readonly #parts: PresenceExpiryParts;
  readonly #options: PresenceExpiryOptions;
  #timer: Timer | undefined;
  #looking: Promise<void> | undefined;
  #failing = false;
  #closed = false;

  constructor(parts: PresenceExpiryParts, options: PresenceExpiryOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#later();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#looking;
  }

  #later(): void {
    this.#timer = this.#parts.clock.after(EVERY_MS, () => {
      this.#looking = this.#lookOnce().then(() => {
        if (!this.#closed) this.#later();
      });
    });
  }

  async #lookOnce(): Promise<void> {
    try {
      await this.#look();
      this.#failing = false;
    } catch (cause) {
      // The lease says that the registry is away.
      if (cause instanceof RegistryUnavailable) return;
      // Of a database that is away, once is enough.
      if (!this.#failing) this.#parts.events.workFailed('looking for replicas that are gone', cause);
      this.#failing = true;
    }
  }

  async #look(): Promise<void> {
    const { store, roster, lease } = this.#parts;
    const hasStood = () => lease.heldForMs() >= this.#options.leaseMs;
    if (!hasStood()) return;
    // Before the survey: who has users was listed before.
    const runs = await store.runs();
    const { standing, ended } = await roster.survey();
    // Again: it may have come back empty meanwhile.
    if (!hasStood()) return;
    if (!standing.has(this.#options.run.incarnation)) return lease.renewSoon();
    const stored = new Map(runs.map((run) => [run.incarnation, run]));
    const gone = new Set([...ended, ...[...stored.keys()].filter((incarnation) => !standing.has(incarnation))]);
    for (const incarnation of gone) {
      if (!this.#closed && (await roster.claim(incarnation))) await this.#expire(incarnation, stored.get(incarnation));
    }
  }

  /** @param stored the run, where the database has users under it */
  async #expire(incarnation: string, stored: Run | undefined): Promise<void> {
    const { roster, events } = this.#parts;
    const done = new Set<number>();
    if (stored !== undefined && !(await this.#expireRows(stored, done))) return;
    for (let place: string | null = null; ;) {
      const page = await roster.page(incarnation, place);
      if (page === undefined) return;
      const rest = page.userIds.filter((userId) => !done.has(userId));
      this.#tell(rest, await roster.standings(rest));
      for (const userId of rest) done.add(userId);
      place = page.next;
      if (place === null || this.#closed) break;
    }
    if (this.#closed) return;
    await roster.strike(incarnation);
    events.replicaExpired(incarnation, done.size);
  }

  /** Whether the run is still gone. @param done is added to */
  async #expireRows(run: Run, done: Set<number>): Promise<boolean> {
    const { store, roster, clock } = this.#parts;
    for (let afterId = 0; !this.#closed;) {
      const userIds = await store.usersOf(run, { afterId, limit: PAGE_SIZE });
      const standings = await roster.standings(userIds);
      // Asked last, so that it has little time to come back before the write.
      if ((await roster.page(run.incarnation, null)) === undefined) return false;
      const rows = userIds.map((userId) => ({ userId, online: false, at: clock.now() }));
      await writeRows(store, run, rows, standings);
      this.#tell(userIds, standings);
      for (const userId of userIds) done.add(userId);
      if (userIds.length < PAGE_SIZE) return true;
      afterId = userIds.at(-1)!;
    }
    return false;
  }

  /** Whoever is online elsewhere is so for their friends, too. */
  #tell(userIds: readonly number[], standings: ReadonlyMap<number, readonly StandingAt[]>): void {
    const isOnline = (userId: number) => strongest((standings.get(userId) ?? []).map(({ is }) => is)) === 'online';
    this.#parts.news.tellAgain(userIds.filter((userId) => !isOnline(userId)));
  }
}
