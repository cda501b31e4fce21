import { SqlAccountWrites } from './account-writes.ts';
import { SqlAttachmentWrites } from './attachment-writes.ts';
import { SqlFriendWrites } from './friend-writes.ts';
import { SqlGroupWrites } from './group-writes.ts';
import { SqlLogWrites } from './log-writes.ts';
import { SqlSearchWrites } from './search-writes.ts';
import type { Transaction } from './seam/transaction.ts';
import type { Sql } from './sql.ts';

/** The statements of one open transaction. */
export class SqlTransaction implements Transaction {
  readonly accounts: Transaction['accounts'];
  readonly friends: Transaction['friends'];
  readonly groups: Transaction['groups'];
  readonly log: Transaction['log'];
  readonly search: Transaction['search'];
  readonly attachments: Transaction['attachments'];

  constructor(sql: Sql) {
    this.accounts = new SqlAccountWrites(sql);
    this.friends = new SqlFriendWrites(sql);
    this.groups = new SqlGroupWrites(sql);
    this.log = new SqlLogWrites(sql);
    this.search = new SqlSearchWrites(sql);
    this.attachments = new SqlAttachmentWrites(sql);
  }
}
