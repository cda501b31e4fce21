import type { PageById } from './page.ts';
import type { PresenceRow } from './records.ts';

/**
 * Whether a user is there. `away`: streams are open, but nothing was done for a while; `hidden`: not for the eyes of
 * whoever asks.
 */
export type PresenceStatus = 'online' | 'away' | 'offline' | 'hidden';

/** One run of a replica. */
export interface Run {
  readonly replica: string;
  readonly incarnation: string;
}

export interface PresenceStore {
  /**
   * Writes who is online under (replica, incarnation). "Offline" holds only where the row has no other incarnation, so
   * a late one never overwrites a newer "online".
   */
  write(replica: string, incarnation: string, rows: readonly PresenceRow[]): Promise<void>;
  /** Ends what an earlier run of this replica (`null`: of any) left online; gives the number of users. */
  expire(replica: string | null, exceptIncarnation: string, at: number): Promise<number>;
  /** Users who have gone from `incarnation` and are still online under another run: only where the row is not elsewhere. */
  move(incarnation: string, to: Run, rows: readonly Omit<PresenceRow, 'online'>[]): Promise<void>;
  /** Under which run the users are online, for those who are. */
  runsOf(userIds: readonly number[]): Promise<Map<number, Run>>;
  /** The runs that anybody is online under. */
  runs(): Promise<Run[]>;
  /** Who is online under a run, by id. */
  usersOf(run: Run, page: PageById): Promise<number[]>;
  /** Last seen, for those ids that were ever online. */
  lastSeen(userIds: readonly number[]): Promise<Map<number, number>>;
}
