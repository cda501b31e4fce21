import type { FriendRow, FriendStatus, UserRecord } from './records.ts';
import type { PageById } from './page.ts';

export interface FriendStore {
  /** Accepted friends, by the friend's id; `since`: when it was accepted. */
  list(userId: number, page: PageById): Promise<{ user: UserRecord; since: number }[]>;
  /** The ids of all accepted friends, ascending. */
  ids(userId: number): Promise<number[]>;
  /** The pairs of which either has blocked the other, as `low:high`. */
  blockedAmong(pairs: readonly (readonly [number, number])[]): Promise<Set<string>>;
  /**
   * Open requests in both directions, made after `since`, by the other's id. Those of users whom `userId` has blocked
   * are left out.
   */
  requests(
    userId: number,
    since: number,
    page: PageById,
  ): Promise<{ user: UserRecord; outgoing: boolean; createdAt: number }[]>;
  /** Whom `userId` has blocked, by their id. */
  blocked(userId: number, page: PageById): Promise<{ user: UserRecord; since: number }[]>;
  /** Deletes the requests made at `until` or before; gives their number. */
  deleteRequests(until: number): Promise<number>;
}

/** What a transaction does with friends, under the lock of the pair's conversation. */
export interface FriendWrites {
  /** The friend rows between these pairs, in both directions. */
  between(pairs: readonly (readonly [number, number])[]): Promise<FriendRow[]>;
  /** Writes the row (userId, friendId), or removes it where `status` is null. */
  set(userId: number, friendId: number, status: FriendStatus | null, at: number): Promise<void>;
  /** Removes all rows of and about a user whose account is locked; gives the ids of those who were friends. */
  removeAll(userId: number): Promise<number[]>;
}
