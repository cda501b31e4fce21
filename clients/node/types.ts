/** Where a message goes: a user (a direct conversation, made with the first message) or a group. */
export type Target = { readonly userId: number } | { readonly groupId: number };

/** A user's account, as any other user may see it. */
export interface Account {
  readonly id: number;
  readonly name: string;
  readonly createTime: Date;
  /** Whether the account was deleted: nobody can write to it. */
  readonly deleted: boolean;
}

/** What only the user themself sees of their account. */
export interface AccountSettings {
  /** Whether friends are not told when the user is there or was last seen. */
  readonly presenceHidden: boolean;
}

/** One login of one's own. */
export interface Session {
  readonly id: number;
  /** As given at login; may be empty. */
  readonly deviceName: string;
  readonly createTime: Date;
  /** To the minute. */
  readonly lastUseTime: Date;
  readonly expireTime: Date;
  /** Whether it is the session that asks. */
  readonly current: boolean;
}

/** What a login gives. Keep the token: it is not shown again. */
export interface Login {
  readonly token: string;
  /** When the token stops working if it is not used. */
  readonly expireTime: Date;
  readonly account: Account;
}

export type PresenceState = 'unknown' | 'offline' | 'online' | 'away';

export interface Presence {
  readonly userId: number;
  /** `unknown`: not told to the one who asks. */
  readonly state: PresenceState;
  /** When the last stream ended; unset while online and where it was never open. */
  readonly lastSeenTime?: Date;
}

export interface Friend {
  readonly account: Account;
  readonly presence: Presence;
  readonly createTime: Date;
}

/** A friend request that waits for an answer. */
export interface FriendRequest {
  /** Who asked, of an incoming request; who was asked, of an outgoing one. */
  readonly account: Account;
  readonly outgoing: boolean;
  readonly createTime: Date;
  /** When it lapses if nobody answers. */
  readonly expireTime: Date;
}

/** A user whom the caller has blocked. */
export interface BlockedUser {
  readonly account: Account;
  readonly createTime: Date;
}

export type FriendStatus = 'none' | 'requested' | 'accepted' | 'blocked';

export type GroupRole = 'none' | 'member' | 'admin' | 'owner';

export type JoinPolicy = 'open' | 'invite-only' | 'approval';

export interface Group {
  readonly id: number;
  readonly name: string;
  readonly description: string;
  readonly ownerId: number;
  /** The conversation that holds the group's log; 0 for those who are not members. */
  readonly conversationId: number;
  readonly memberLimit: number;
  readonly joinPolicy: JoinPolicy;
  /** The caller's role. */
  readonly role: GroupRole;
  readonly createTime: Date;
  readonly memberCount: number;
  /** Whether new members may read what was sent before they joined. */
  readonly historyVisible: boolean;
}

export interface GroupMember {
  readonly account: Account;
  readonly role: GroupRole;
  /** They may read from this seq on. */
  readonly joinedSeq: number;
}

/** A user who asks to join a group, and waits for an admin. */
export interface JoinRequest {
  readonly account: Account;
  readonly createTime: Date;
}

/** Bytes with a media type: something for programs, which the server never looks into. */
export interface Payload {
  /** As in RFC 6838; at most 127 characters. */
  readonly mediaType: string;
  /** At most 8,192 bytes. */
  readonly data: Uint8Array;
}

/** A part of a text that names a user; `start` and `length` in Unicode code points. */
export interface Mention {
  readonly userId: number;
  readonly start: number;
  readonly length: number;
}

/** A file that belongs to a conversation. */
export interface Attachment {
  readonly id: number;
  readonly conversationId: number;
  readonly fileName: string;
  readonly mediaType: string;
  readonly sizeBytes: number;
  /** 32 bytes. */
  readonly sha256: Uint8Array;
  readonly createTime: Date;
}

/** What a user says: a text (at most 8,192 bytes of UTF-8), a payload, attachments, or several of them. */
export interface Content {
  readonly text: string;
  readonly payload?: Payload;
  /** The entry of the same conversation that this one answers. */
  readonly replyToSeq?: number;
  /** In the order of `start`, without overlap. */
  readonly mentions?: readonly Mention[];
  /** In what is sent, only the `id` counts. */
  readonly attachments?: readonly (Attachment | { readonly id: number })[];
}

/** How many users react to a message with one emoji. */
export interface ReactionCount {
  readonly emoji: string;
  readonly count: number;
  /** Whether the caller is one of them. */
  readonly mine: boolean;
}

export type MembershipChangeKind = 'joined' | 'invited' | 'left' | 'removed' | 'role-changed' | 'unknown';

/** What an entry is. Pass over kinds that you do not know. */
export type Body =
  | { readonly kind: 'content'; readonly content: Content }
  | {
      readonly kind: 'membership';
      readonly change: MembershipChangeKind;
      readonly userId: number;
      readonly userName: string;
      /** The role from here on; `none` when they left. */
      readonly role: GroupRole;
    }
  /** The fields as they are from here on; unset where they stayed. */
  | {
      readonly kind: 'group';
      readonly name?: string;
      readonly description?: string;
      readonly memberLimit?: number;
      readonly joinPolicy?: JoinPolicy;
      readonly historyVisible?: boolean;
      /** Whether the group is over. */
      readonly deleted: boolean;
    }
  | { readonly kind: 'recall'; readonly targetSeq: number }
  /** `content` is unset where it was edited again or recalled later. */
  | { readonly kind: 'edit'; readonly targetSeq: number; readonly revision: number; readonly content?: Content }
  | { readonly kind: 'reaction'; readonly targetSeq: number; readonly emoji: string; readonly removed: boolean }
  /** What is left of a content that was taken back. */
  | { readonly kind: 'recalled'; readonly recallSeq: number }
  | { readonly kind: 'unknown' };

/** One entry of a conversation's log, named by (conversationId, seq): a message, or something that happened. */
export interface Message {
  readonly conversationId: number;
  /** The place in the conversation's log: 1, 2, 3 … without a gap. */
  readonly seq: number;
  /** The place among the entries that count as unread. */
  readonly ordinal: number;
  /** Where it was sent; unset where the server did not tell. */
  readonly target?: Target;
  readonly senderId: number;
  /** The sender's name when this was delivered. */
  readonly senderName: string;
  /** The sender's UUID for it; empty for entries that no client sent. */
  readonly clientMessageId: string;
  /** For people: order comes from `seq`. */
  readonly createTime: Date;
  /** How many times the content was edited. */
  readonly revision: number;
  /** At present; only in what `listMessages` and `search` give. */
  readonly reactions: readonly ReactionCount[];
  readonly body: Body;
}

/** Proof that a message is stored. */
export interface SendReceipt {
  readonly clientMessageId: string;
  readonly conversationId: number;
  readonly seq: number;
  readonly ordinal: number;
  readonly createTime: Date;
}

/** A conversation as one of its users sees it. */
export interface Conversation {
  readonly id: number;
  readonly target?: Target;
  /** The other user's name, or the group's. */
  readonly title: string;
  /** The other user, of a direct conversation. */
  readonly peer?: Account;
  readonly lastSeq: number;
  readonly lastOrdinal: number;
  /** What the user's devices have acknowledged. */
  readonly deliveredSeq: number;
  readonly readSeq: number;
  readonly unreadCount: number;
  readonly lastMessage?: Message;
  readonly lastActivityTime: Date;
  /** Whether the user can no longer write. */
  readonly closed: boolean;
}

/** One entry that a search found. */
export interface SearchResult {
  readonly message: Message;
  /** Where the query matches its text, in Unicode code points. */
  readonly highlights: readonly { readonly start: number; readonly length: number }[];
}

/** A user's cursor moved: how far their devices have acknowledged, and how far they have read. */
export interface Receipt {
  readonly conversationId: number;
  readonly userId: number;
  readonly deliveredSeq: number;
  readonly readSeq: number;
}

/** A place in a conversation's log: everything up to and including `seq`; 0 is before the first entry. */
export interface Position {
  readonly conversationId: number;
  readonly seq: number;
}

/** What a device has of each conversation. Store it, and give it to `ParleyClient.connect` next time. */
export interface Cursors {
  /** Names the log that the positions belong to. */
  readonly logEpoch: string;
  readonly positions: readonly Position[];
}

/** One page of a list. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** Gives the next page; empty on the last one. */
  readonly nextPageToken: string;
}

/** Which page of a list to give. */
export interface PageOptions {
  /** At most so many; the server's default if unset. */
  readonly pageSize?: number;
  /** `nextPageToken` of the page before. */
  readonly pageToken?: string;
}
