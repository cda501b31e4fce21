import type { AccountStore, SessionStore } from './accounts.ts';
import type { AttachmentStore } from './attachments.ts';
import type { CursorStore } from './cursors.ts';
import type { FriendStore } from './friends.ts';
import type { GroupStore } from './groups.ts';
import type { LogStore } from './log.ts';
import type { PresenceStore } from './presence.ts';
import type { SearchStore } from './search.ts';
import type { Transaction } from './transaction.ts';

/**
 * Everything that lasts. Two engines (SQLite, MySQL) keep the same promises, proved by one conformance suite:
 *
 * - what a method has returned from is committed; what it reads is committed (no read sees an open transaction);
 * - a call that cannot reach the database fails with StoreUnavailable within 5 s, it never hangs;
 * - reads of entries judge membership in the same statement.
 */
export interface Store extends AsyncDisposable {
  readonly engine: 'sqlite' | 'mysql';
  readonly accounts: AccountStore;
  readonly sessions: SessionStore;
  readonly friends: FriendStore;
  readonly groups: GroupStore;
  readonly log: LogStore;
  readonly attachments: AttachmentStore;
  readonly cursors: CursorStore;
  readonly presence: PresenceStore;
  readonly search: SearchStore;
  /** Names the log: changed by a restore or a promotion. */
  logEpoch(): Promise<string>;
  /** Answers if the database does. */
  ping(): Promise<void>;
  /**
   * Runs `work` in one READ COMMITTED transaction and commits. Deadlocks, lock timeouts and connections lost before
   * the commit are retried in a fresh transaction within a budget (2 s), so `work` must have no effect but through
   * `tx`. A connection lost while committing is retried only with `repeatable`: work that answers its own repeats.
   *
   * @throws StoreUnavailable when the budget is spent; OutcomeUnknown when a commit's fate is not known;
   *   DuplicateKey as it comes from `work` (never retried here: catch it outside); whatever `work` throws, rolled
   *   back.
   */
  transact<T>(work: (tx: Transaction) => Promise<T>, options?: { readonly repeatable?: boolean }): Promise<T>;
}
