/**
 * What the store keeps, as the domain sees it. Ids, seqs and ordinals are integers from 1 to 2^53 − 1; times are UTC
 * milliseconds.
 */

export interface UserRecord {
  readonly id: number;
  readonly name: string;
  readonly createdAt: number;
}

export interface Credentials extends UserRecord {
  readonly passwordHash: string;
}

export interface SessionRecord {
  readonly id: number;
  readonly userId: number;
  readonly deviceName: string;
  readonly createdAt: number;
  readonly lastUsedAt: number;
  readonly expiresAt: number;
}

/** How `user` stands to `friend`; rows of both directions make up a friendship. */
export type FriendStatus = 'requested' | 'accepted' | 'blocked';

export interface FriendRow {
  readonly userId: number;
  readonly friendId: number;
  readonly status: FriendStatus;
  readonly createdAt: number;
}

export type GroupRole = 'member' | 'admin' | 'owner';
export type JoinPolicy = 'open' | 'invite_only' | 'approval';

export interface GroupRecord {
  readonly id: number;
  readonly name: string;
  readonly description: string;
  readonly ownerId: number;
  readonly conversationId: number;
  readonly memberLimit: number;
  readonly joinPolicy: JoinPolicy;
  readonly historyVisible: boolean;
  readonly createdAt: number;
  readonly memberCount: number;
}

/** A period of membership: the user may read the entries with joinedSeq ≤ seq ≤ leftSeq (null: still a member). */
export interface Period {
  readonly userId: number;
  readonly joinedSeq: number;
  readonly leftSeq: number | null;
}

export interface MemberRecord extends Period {
  readonly role: GroupRole;
}

/** Where a message goes. */
export type Target =
  { readonly kind: 'user'; readonly userId: number } | { readonly kind: 'group'; readonly groupId: number };

/** What never changes about a conversation. `users`: the two user ids, the lower first. */
export type ConversationFacts =
  | { readonly id: number; readonly kind: 'direct'; readonly users: readonly [number, number] }
  | { readonly id: number; readonly kind: 'group'; readonly groupId: number };

/** The end of a conversation's log and the version of its membership. */
export interface ConversationHead {
  readonly id: number;
  readonly lastSeq: number;
  readonly lastOrdinal: number;
  readonly membersVersion: number;
}

export interface Payload {
  readonly mediaType: string;
  readonly data: Uint8Array;
}

export interface Content {
  readonly text: string;
  readonly payload?: Payload;
}

export type MembershipChangeKind = 'joined' | 'invited' | 'left' | 'removed' | 'role_changed';

/** What an entry of the log is. `userName` is filled in when it is read. */
export type EntryBody =
  | { readonly kind: 'content'; readonly content: Content }
  | {
      readonly kind: 'membership';
      readonly change: MembershipChangeKind;
      readonly userId: number;
      readonly userName: string;
      readonly role: GroupRole | null;
    };

/** Whether entries of this kind count as unread. */
export function isCountable(body: EntryBody): boolean {
  return body.kind === 'content';
}

/** The bytes that people put into an entry: its text, in UTF-8, and its payload. What pages and queues are bounded by. */
export function contentBytes(body: EntryBody): number {
  if (body.kind !== 'content') return 0;
  return Buffer.byteLength(body.content.text) + (body.content.payload?.data.byteLength ?? 0);
}

/** An entry of a conversation's log. `clientMessageId` is a UUID in lower case; null where no client sent it. */
export interface Entry {
  readonly conversationId: number;
  readonly seq: number;
  readonly ordinal: number;
  readonly target: Target;
  readonly senderId: number;
  readonly senderName: string;
  readonly clientMessageId: string | null;
  readonly createdAt: number;
  readonly body: EntryBody;
}

/** An entry to append; `requestHash` (32 bytes) tells a repeat from a reuse of the client_message_id. */
export interface NewEntry {
  readonly entry: Entry;
  readonly requestHash: Uint8Array | null;
}

/** A send that is stored already. */
export interface StoredSend {
  readonly senderId: number;
  readonly clientMessageId: string;
  readonly requestHash: Uint8Array;
  readonly conversationId: number;
  readonly seq: number;
  readonly ordinal: number;
  readonly createdAt: number;
}

export interface Cursor {
  readonly deliveredSeq: number;
  readonly readSeq: number;
}

/** A cursor to raise; what is left out stays. */
export interface CursorAdvance {
  readonly userId: number;
  readonly conversationId: number;
  readonly deliveredSeq?: number;
  readonly readSeq?: number;
  /** A run of seqs that the user sent: where delivered_seq reaches up to it, it is raised to its end. */
  readonly own?: { readonly from: number; readonly to: number };
}

/**
 * A conversation that a user's stream starts from. `visibleTo`: the last seq the user may read, null while they are
 * a member (always, in direct conversations).
 */
export interface Standing {
  readonly facts: ConversationFacts;
  readonly lastSeq: number;
  readonly membersVersion: number;
  readonly deliveredSeq: number;
  readonly visibleTo: number | null;
}

/** A conversation in a user's list: `lastSeq` and `lastOrdinal` are of the last entry visible to the user. */
export interface ConversationSummary {
  readonly facts: ConversationFacts;
  readonly title: string;
  readonly peer: UserRecord | null;
  readonly lastSeq: number;
  readonly lastOrdinal: number;
  readonly cursor: Cursor;
  readonly readOrdinal: number;
  readonly lastEntry: Entry | null;
  readonly lastActivity: number;
  readonly closed: boolean;
}

export interface PresenceRow {
  readonly userId: number;
  readonly online: boolean;
  readonly at: number;
}
