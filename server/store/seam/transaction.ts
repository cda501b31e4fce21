import type { AccountWrites } from './accounts.ts';
import type { AttachmentWrites } from './attachments.ts';
import type { FriendWrites } from './friends.ts';
import type { GroupWrites } from './groups.ts';
import type { LogWrites } from './log.ts';
import type { SearchWrites } from './search.ts';

/** What can be done under a transaction. Lock first, in one call; everything that is read after it is current. */
export interface Transaction {
  readonly accounts: AccountWrites;
  readonly friends: FriendWrites;
  readonly groups: GroupWrites;
  readonly log: LogWrites;
  readonly search: SearchWrites;
  readonly attachments: AttachmentWrites;
}
