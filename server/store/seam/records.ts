import type { Entry } from './entry.ts';

/**
 * What the store keeps, as the domain sees it. Ids, seqs and ordinals are integers from 1 to 2^53 − 1; times are UTC
 * milliseconds.
 */

/** `name` of a deleted account says that it was deleted. */
export interface UserRecord {
  readonly id: number;
  readonly name: string;
  readonly createdAt: number;
  readonly deleted: boolean;
}

export interface Credentials extends UserRecord {
  readonly passwordHash: string;
}

/** What only the user sees of their account. */
export interface AccountSettings {
  readonly presenceHidden: boolean;
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
