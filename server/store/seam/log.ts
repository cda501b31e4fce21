import type { Entry, NewEntry } from './entry.ts';
import type {
  ConversationFacts,
  ConversationHead,
  ConversationSummary,
  Period,
  Standing,
  StoredSend,
} from './records.ts';

/** Where to read from, in the order of seq: forward after a seq, or backward before one (the nearest entries). */
export type From = { readonly afterSeq: number } | { readonly beforeSeq: number };

/** At most so many entries, and no further entry once `maxBytes` of content are reached; at least one. */
export interface ReadLimits {
  readonly limit: number;
  readonly maxBytes: number;
}

export interface VisibleReadLimits extends ReadLimits {
  /** Members also get what was said before they joined, where the group's history is visible. Default: false. */
  readonly includeEarlier?: boolean;
}

export interface LogStore {
  facts(conversationId: number): Promise<ConversationFacts | undefined>;
  direct(userA: number, userB: number): Promise<ConversationFacts | undefined>;
  ofGroup(groupId: number): Promise<ConversationFacts | undefined>;
  /**
   * First contact: the direct conversation of two users, made with both cursors in its own transaction if there is
   * none. Any number of concurrent calls give the same one.
   */
  ensureDirect(userA: number, userB: number): Promise<ConversationFacts>;
  heads(conversationIds: readonly number[]): Promise<ConversationHead[]>;
  /**
   * The heads of the conversations whose last_activity is at or after `since` (the database's clock, as an earlier
   * call gave it; null: none, only the time), by the index on last_activity.
   */
  activeSince(since: number | null): Promise<{ databaseNow: number; heads: ConversationHead[] }>;
  /**
   * Who may read what: a group's periods of membership that are open or end after `afterSeq`, with the
   * members_version that they are at least as new as. A direct conversation: both users from seq 1 on.
   */
  audience(conversationId: number, afterSeq: number): Promise<{ membersVersion: number; periods: Period[] }>;
  /** Entries whoever may read them: for the dispatcher, which judges the audience itself. */
  read(conversationId: number, afterSeq: number, limits: ReadLimits): Promise<Entry[]>;
  /**
   * Entries that the user may read, in the order of seq. `open`: whether the user is a member now (true in their
   * direct conversations). `known`: whether they ever were. Between two entries, what is left out is invisible.
   */
  readVisible(
    userId: number,
    conversationId: number,
    from: From,
    limits: VisibleReadLimits,
  ): Promise<{ entries: Entry[]; open: boolean; known: boolean }>;
  /** Every conversation that the user is or was part of, by one query. */
  standings(userId: number): Promise<Standing[]>;
  /** One of them. */
  standing(userId: number, conversationId: number): Promise<Standing | undefined>;
  /**
   * The user's conversations that have an entry visible to them, the latest activity first, then the higher id;
   * after the given place.
   */
  summaries(
    userId: number,
    page: { readonly after?: { readonly lastActivity: number; readonly id: number }; readonly limit: number },
  ): Promise<ConversationSummary[]>;
}

/** What a transaction does with the log. */
export interface LogWrites {
  /**
   * Locks conversations' rows in the order of their ids until the transaction ends, and gives their heads.
   * `skip`: those locked elsewhere are left out at once; `wait`: waits up to 1 s (then the transaction is retried).
   */
  lock(conversationIds: readonly number[], held: 'skip' | 'wait'): Promise<ConversationHead[]>;
  /** Those of the keys that are stored already. */
  findRepeats(keys: readonly { senderId: number; clientMessageId: string }[]): Promise<StoredSend[]>;
  /**
   * Appends entries (already numbered under the lock) in one statement and moves the heads of their conversations:
   * last_seq, last_ordinal, last_activity (the database's clock), and members_version by one for those listed.
   *
   * @throws DuplicateKey
   */
  append(entries: readonly NewEntry[], membershipChanged?: readonly number[]): Promise<void>;
  /** Raises members_version of a locked conversation by one, where no entry is appended. */
  raiseMembersVersion(conversationId: number): Promise<void>;
}
