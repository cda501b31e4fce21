import type { FriendRow, FriendStatus, UserRecord } from './records.ts';
import type { PageById } from './page.ts';

export interface FriendStore {
  /** Accepted friends, by the friend's id; `since`: when it was accepted. */
  list(userId: number, page: PageById): Promise<{ user: UserRecord; since: number }[]>;
  /** Open requests in both directions, by the other's id. Those of users whom `userId` has blocked are left out. */
  requests(userId: number, page: PageById): Promise<{ user: UserRecord; outgoing: boolean; createdAt: number }[]>;
}

/** What a transaction does with friends, under the lock of the pair's conversation. */
export interface FriendWrites {
  /** The friend rows between these pairs, in both directions. */
  between(pairs: readonly (readonly [number, number])[]): Promise<FriendRow[]>;
  /** Writes the row (userId, friendId), or removes it where `status` is null. */
  set(userId: number, friendId: number, status: FriendStatus | null, at: number): Promise<void>;
}
