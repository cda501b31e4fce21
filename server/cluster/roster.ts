import type { Run } from '../store/seam/presence.ts';

/** How a user who is there is there. `away`: streams are open, but nothing was done for a while. */
export type Being = 'online' | 'away';

/** A user on one run of a replica. */
export interface Standing {
  /** Null: they left it a moment ago, or it is leaving, and friends may not have been told. */
  readonly is: Being | null;
  /** What friends were told of it; null: nothing yet. */
  readonly told: Being | null;
}

export interface StandingAt extends Standing {
  readonly run: Run;
}

/** Runs by what their lease says. */
export interface Survey {
  /** Those whose lease lasts, and those that have given theirs up a moment ago: their users may be coming back. */
  readonly standing: ReadonlySet<string>;
  /** Those whose lease has ended, and whose users have not been shown as gone. */
  readonly ended: readonly string[];
}

export interface RosterPage {
  readonly userIds: readonly number[];
  /** For the next page; null after the last one. */
  readonly next: string | null;
}

/**
 * Which users are on which replica, as the replicas tell each other: each keeps its own users under its incarnation, and
 * they count for as long as its lease lasts. Everything throws RegistryUnavailable within 2 s where nobody can tell.
 */
export interface Roster {
  /** Writes how users are on this run; null: they are not. */
  write(standings: ReadonlyMap<number, Standing | null>): Promise<void>;
  /**
   * How the users are on each run whose lease lasts, but for `except`, and on those that gave theirs up a moment ago;
   * nothing for those who are on none. @throws NotListed
   */
  standings(userIds: readonly number[], except?: string): Promise<Map<number, StandingAt[]>>;
  survey(): Promise<Survey>;
  /**
   * Makes it this replica's to show the users of that run as gone, for 10 s from now.
   *
   * @returns false where another does it or has just done it, and where the lease lasts
   */
  claim(incarnation: string): Promise<boolean>;
  /** Users of a run that was claimed, some of them twice. @returns undefined once it has come back */
  page(incarnation: string, place: string | null): Promise<RosterPage | undefined>;
  /** Everybody has been shown as gone: takes a run off that was claimed, unless it has come back. */
  strike(incarnation: string): Promise<void>;
}
