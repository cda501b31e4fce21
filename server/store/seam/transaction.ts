import type { AccountWrites } from './accounts.ts';
import type { FriendWrites } from './friends.ts';
import type { GroupWrites } from './groups.ts';
import type { LogWrites } from './log.ts';

/** What can be done under a transaction. Lock first, in one call; everything that is read after it is current. */
export interface Transaction {
  readonly accounts: AccountWrites;
  readonly friends: FriendWrites;
  readonly groups: GroupWrites;
  readonly log: LogWrites;
}
