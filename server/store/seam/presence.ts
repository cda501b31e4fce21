import type { PresenceRow } from './records.ts';

export interface PresenceStore {
  /**
   * Writes who is online under (replica, incarnation). "Offline" holds only where the row still has this incarnation,
   * so a late one never overwrites a newer "online".
   */
  write(replica: string, incarnation: string, rows: readonly PresenceRow[]): Promise<void>;
  /** Ends what an earlier run of this replica (`null`: of any) left online; gives the number of users. */
  expire(replica: string | null, exceptIncarnation: string, at: number): Promise<number>;
  /** Last seen, for those ids that were ever online. */
  lastSeen(userIds: readonly number[]): Promise<Map<number, number>>;
}
