import type { Content, Entry, NewEntry } from './entry.ts';
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

/** What a user may read of a conversation, in the order of seq. Between two entries, what is left out is invisible. */
export interface VisiblePage {
  readonly entries: Entry[];
  /** Whether the limits ended the page: there may be more. */
  readonly cut: boolean;
  /** Whether the user is a member now (true in their direct conversations). */
  readonly open: boolean;
  /** Whether they ever were. */
  readonly known: boolean;
}

/** How many users react to a message with one emoji, and whether the one who asks is among them. */
export interface ReactionCount {
  readonly conversationId: number;
  readonly targetSeq: number;
  readonly emoji: string;
  readonly count: number;
  readonly mine: boolean;
}

/** One emoji on a message; `ownSeq`: the entry by which the user who asks reacts with it, null where they don't. */
export interface ReactionEmoji {
  readonly emoji: string;
  readonly ownSeq: number | null;
}

/** Names an entry. */
export interface EntryKey {
  readonly conversationId: number;
  readonly seq: number;
}

/** Where the log of a conversation ends. */
export interface ConversationEnd {
  readonly facts: ConversationFacts;
  readonly lastSeq: number;
}

/** A period of membership in a group began, ended or changed; `leftSeq`: as in Period. */
export interface MembershipChange {
  readonly conversationId: number;
  readonly userId: number;
  readonly leftSeq: number | null;
}

/** What happened to the logs of late. */
export interface Activity {
  readonly databaseNow: number;
  /** As Store.logEpoch. */
  readonly logEpoch: string;
  /** Those with a new entry. One that goes on meanwhile may be there twice; the later one counts. */
  readonly conversations: ConversationEnd[];
  /** In the order of time: of two periods of one user, the later one comes last. */
  readonly memberships: MembershipChange[];
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
   * What happened at or after `since` (the database's clock, as an earlier call gave it; null: nothing, only the time
   * and the epoch). Costs what it finds. What was committed before the call is found; a transaction that goes on for a
   * while becomes visible only after its time, so ask for a time further back.
   */
  activeSince(since: number | null): Promise<Activity>;
  /**
   * Who may read what: a group's periods of membership that are open or end after `afterSeq`, with the
   * members_version that they are at least as new as. A direct conversation: both users from seq 1 on.
   */
  audience(conversationId: number, afterSeq: number): Promise<{ membersVersion: number; periods: Period[] }>;
  /** Entries whoever may read them: for the dispatcher, which judges the audience itself. */
  read(conversationId: number, afterSeq: number, limits: ReadLimits): Promise<Entry[]>;
  readVisible(userId: number, conversationId: number, from: From, limits: VisibleReadLimits): Promise<VisiblePage>;
  /** The reactions to these messages, by message and then in the order in which each emoji came first. */
  reactionsTo(userId: number, messages: readonly EntryKey[]): Promise<ReactionCount[]>;
  /** Every conversation that the user is or was part of, by the conversations' ids. */
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

/** What an edit, the entry `editSeq`, makes of a message; `at`: the time. */
export interface ContentEdit extends EntryKey {
  readonly editSeq: number;
  readonly content: Content;
  readonly revision: number;
  readonly at: number;
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
  /** An entry, whoever may read it. */
  entry(conversationId: number, seq: number): Promise<Entry | undefined>;
  /** An entry that the user may read, as by LogStore.readVisible with `includeEarlier`. */
  visibleEntry(userId: number, conversationId: number, seq: number): Promise<Entry | undefined>;
  /**
   * Puts the content of an edit in the place of the message's. What the message said before is gone, with what the edit
   * before said and the search rows of both; attachments that the new content lacks are free to be collected.
   */
  replaceContent(edit: ContentEdit): Promise<void>;
  /** Leaves `recalled` in the place of a message: as replaceContent, and its reactions are gone. `at`: the time. */
  eraseContent(message: EntryKey, recallSeq: number, at: number): Promise<void>;
  /** Every emoji that somebody reacts to the message with. */
  emojiOn(message: EntryKey, userId: number): Promise<ReactionEmoji[]>;
  /** The user reacts to the message, as the entry `seq` says; null: no more. */
  setReaction(message: EntryKey, userId: number, emoji: string, seq: number | null): Promise<void>;
  /** Raises members_version of a locked conversation by one, where no entry is appended. */
  raiseMembersVersion(conversationId: number): Promise<void>;
}
