import { type Lease, NotListed, RegistryUnavailable } from '../cluster/registry.ts';
import type { Roster, StandingAt } from '../cluster/roster.ts';
import type { Clock } from '../lib/clock.ts';
import type { PresenceStore, Run } from '../store/seam/presence.ts';

/** So long a roster that didn't answer is not asked again by those who can do without. */
const AWAY_FOR_MS = 1_000;

export interface ElsewhereParts {
  readonly roster: Pick<Roster, 'standings'>;
  readonly lease: Pick<Lease, 'heldForMs' | 'renewSoon'>;
  readonly store: Pick<PresenceStore, 'runsOf'>;
  readonly clock: Clock;
}

export interface ElsewhereOptions {
  readonly run: Run;
  readonly leaseMs: number;
}

type Standings = ReadonlyMap<number, readonly StandingAt[]>;

/**
 * How users are on the other replicas. The roster is not complete before the registry has stood for a whole lease: one that
 * came back empty fills up as the others renew theirs. Until then, who isn't in it is looked up in the database.
 */
export class Elsewhere {
  readonly #parts: ElsewhereParts;
  readonly #options: ElsewhereOptions;
  #awayUntil = -Infinity;

  constructor(parts: ElsewhereParts, options: ElsewhereOptions) {
    this.#parts = parts;
    this.#options = options;
  }

  /** By the roster. @throws RegistryUnavailable */
  async ask(userIds: readonly number[]): Promise<Standings> {
    const { roster, lease } = this.#parts;
    const { run, leaseMs } = this.#options;
    try {
      const standings = await roster.standings(userIds, run.incarnation);
      return lease.heldForMs() >= leaseMs ? standings : await this.#withRows(userIds, standings);
    } catch (error) {
      if (error instanceof NotListed) lease.renewSoon();
      throw error;
    }
  }

  /** By the roster, or else by the database, which knows nobody as away and is a moment late. */
  async find(userIds: readonly number[]): Promise<Standings> {
    const { clock } = this.#parts;
    if (clock.monotonic() < this.#awayUntil) return this.#withRows(userIds, new Map());
    try {
      return await this.ask(userIds);
    } catch (error) {
      if (!(error instanceof RegistryUnavailable)) throw error;
      this.#awayUntil = clock.monotonic() + AWAY_FOR_MS;
      return this.#withRows(userIds, new Map());
    }
  }

  async #withRows(userIds: readonly number[], standings: Standings): Promise<Standings> {
    const unknown = userIds.filter((userId) => !standings.has(userId));
    const all = new Map(standings);
    if (unknown.length === 0) return all;
    for (const [userId, run] of await this.#parts.store.runsOf(unknown)) {
      const isOurs = run.incarnation === this.#options.run.incarnation;
      if (!isOurs) all.set(userId, [{ run, is: 'online', told: 'online' }]);
    }
    return all;
  }
}
