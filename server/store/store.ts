import type {
  ConversationFacts,
  ConversationHead,
  ConversationSummary,
  Credentials,
  Cursor,
  CursorAdvance,
  Entry,
  FriendRow,
  FriendStatus,
  GroupRecord,
  GroupRole,
  JoinPolicy,
  MemberRecord,
  NewEntry,
  Period,
  PresenceRow,
  SessionRecord,
  Standing,
  StoredSend,
  UserRecord,
} from './records.ts';

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
  readonly cursors: CursorStore;
  readonly presence: PresenceStore;
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

export interface AccountStore {
  /** @throws DuplicateKey when the folded name is taken. */
  insert(user: { name: string; foldedName: string; passwordHash: string; createdAt: number }): Promise<UserRecord>;
  byId(id: number): Promise<UserRecord | undefined>;
  byFoldedName(foldedName: string): Promise<UserRecord | undefined>;
  credentials(by: { id: number } | { foldedName: string }): Promise<Credentials | undefined>;
}

/** Sessions by the SHA-256 (32 bytes) of their token. */
export interface SessionStore {
  insert(session: {
    tokenHash: Uint8Array;
    userId: number;
    deviceName: string;
    createdAt: number;
    expiresAt: number;
  }): Promise<SessionRecord>;
  /** The session and its user; expired ones too: the caller looks at `expiresAt`. */
  find(tokenHash: Uint8Array): Promise<{ session: SessionRecord; user: UserRecord } | undefined>;
  /** Notes uses; never moves a time backwards, never brings a deleted session back. */
  touch(uses: readonly { id: number; lastUsedAt: number; expiresAt: number }[]): Promise<void>;
  /** Whether there was one. */
  delete(id: number): Promise<boolean>;
  /** Deletes those that expired before `now`; gives their number. */
  deleteExpired(now: number): Promise<number>;
}

/** A page by id: what comes after `afterId` (0: from the start), ascending, at most `limit`. */
export interface PageById {
  readonly afterId: number;
  readonly limit: number;
}

export interface FriendStore {
  /** Accepted friends, by the friend's id; `since`: when it was accepted. */
  list(userId: number, page: PageById): Promise<{ user: UserRecord; since: number }[]>;
  /** Open requests in both directions, by the other's id. Those of users whom `userId` has blocked are left out. */
  requests(userId: number, page: PageById): Promise<{ user: UserRecord; outgoing: boolean; createdAt: number }[]>;
}

export interface GroupStore {
  byId(id: number): Promise<GroupRecord | undefined>;
  /** The group that this user made with this request id, and the hash of that request (see Transaction.insertGroup). */
  byRequestId(ownerId: number, requestId: string): Promise<{ group: GroupRecord; requestHash: Uint8Array } | undefined>;
  /** The open period of a user's membership. */
  member(groupId: number, userId: number): Promise<MemberRecord | undefined>;
  /** The groups that the user is a member of, with their role, by group id. */
  list(userId: number, page: PageById): Promise<{ group: GroupRecord; role: GroupRole }[]>;
  /** Open memberships, by user id. */
  members(groupId: number, page: PageById): Promise<{ user: UserRecord; member: MemberRecord }[]>;
}

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

export interface CursorStore {
  get(userId: number, conversationId: number): Promise<Cursor | undefined>;
  /** Raises cursors, never lowers one; a cursor that doesn't exist is passed over. */
  advance(advances: readonly CursorAdvance[]): Promise<void>;
}

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

/** What can be done under a transaction. Lock first, in one call; everything that is read after it is current. */
export interface Transaction {
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
  /** The friend rows between these pairs, in both directions. */
  friendRows(pairs: readonly (readonly [number, number])[]): Promise<FriendRow[]>;
  /** Writes the row (userId, friendId), or removes it where `status` is null. */
  setFriend(userId: number, friendId: number, status: FriendStatus | null, at: number): Promise<void>;
  /** Open memberships of groups, by group id. */
  members(groupIds: readonly number[]): Promise<Map<number, MemberRecord[]>>;
  group(groupId: number): Promise<GroupRecord | undefined>;
  /**
   * Makes a group and its (empty, locked) conversation.
   *
   * @throws DuplicateKey when the owner has used the request id before.
   */
  insertGroup(group: {
    name: string;
    description: string;
    ownerId: number;
    memberLimit: number;
    joinPolicy: JoinPolicy;
    createdAt: number;
    requestId: string | null;
    requestHash: Uint8Array | null;
  }): Promise<{ groupId: number; conversationId: number }>;
  /**
   * Opens a period of membership at `joinedSeq`, and raises (or makes) the cursor to joinedSeq − 1; delivered_seq only
   * if nothing of an earlier period is still to be delivered.
   */
  openPeriod(groupId: number, userId: number, joinedSeq: number, role: GroupRole, at: number): Promise<void>;
  /** Closes the open period at `leftSeq`. */
  closePeriod(groupId: number, userId: number, leftSeq: number, at: number): Promise<void>;
  user(userId: number): Promise<UserRecord | undefined>;
}

/** The database can't be reached, or answered none of the retries. Nothing was stored. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

/** The connection was lost while committing: stored or not, nobody knows. */
export class OutcomeUnknown extends Error {
  override readonly name = 'OutcomeUnknown';
}

/** A unique index refused a row. `key` is the index's name where the engine tells it, else its columns. */
export class DuplicateKey extends Error {
  override readonly name = 'DuplicateKey';
  readonly key: string;

  constructor(key: string, cause?: unknown) {
    super(`duplicate key: ${key}`, { cause });
    this.key = key;
  }
}
