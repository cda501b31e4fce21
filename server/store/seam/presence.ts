import type { PresenceRow } from './records.ts';

/**
 * Whether a user is there. `away`: streams are open, but nothing was done for a while; `hidden`: not for the eyes of
 * whoever asks.
 */
export type PresenceStatus = 'online' | 'away' | 'offline' | 'hidden';

export interface PresenceStore {
  /**
   * Writes who is online under (replica, incarnation). "Offline" holds only where the row has no other incarnation, so
   * a late one never overwrites a newer "online".
   */
  write(replica: string, incarnation: string, rows: readonly PresenceRow[]): Promise<void>;
  /** Ends what an earlier run of this replica (`null`: of any) left online; gives the number of users. */
  expire(replica: string | null, exceptIncarnation: string, at: number): Promise<number>;
  /** Last seen, for those ids that were ever online. */
  lastSeen(userIds: readonly number[]): Promise<Map<number, number>>;
}
