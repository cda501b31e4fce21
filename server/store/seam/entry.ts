import type { ConversationFacts, GroupRole, JoinPolicy, Target } from './records.ts';

/** Bytes for programs, which the server never looks into. */
export interface Payload {
  readonly mediaType: string;
  readonly data: Uint8Array;
}

/** A part of a text that names a user; `start` and `length` in Unicode code points. */
export interface Mention {
  readonly userId: number;
  readonly start: number;
  readonly length: number;
}

/** A file of a conversation, complete. It never changes. */
export interface Attachment {
  readonly id: number;
  readonly conversationId: number;
  readonly fileName: string;
  readonly mediaType: string;
  readonly sizeBytes: number;
  /** 32 bytes. */
  readonly sha256: Uint8Array;
  readonly createdAt: number;
}

/** What somebody says. What is left out is not there. */
export interface Content {
  readonly text: string;
  readonly payload?: Payload;
  /** The entry of the same conversation that this one answers. */
  readonly replyToSeq?: number;
  readonly mentions?: readonly Mention[];
  readonly attachments?: readonly Attachment[];
}

export type MembershipChangeKind = 'joined' | 'invited' | 'left' | 'removed' | 'role_changed';

/** What of a group was changed, as it is from there on; what is left out stayed. */
export interface GroupChanges {
  readonly name?: string;
  readonly description?: string;
  readonly memberLimit?: number;
  readonly joinPolicy?: JoinPolicy;
  readonly historyVisible?: boolean;
  readonly deleted?: boolean;
}

/** What an entry of the log is. `userName` is filled in when it is read. */
export type EntryBody =
  /** `revision`: how many times it was edited; left out where it never was. */
  | { readonly kind: 'content'; readonly content: Content; readonly revision?: number }
  /** What stands in the place of a content that was taken back by the entry `recallSeq`. */
  | { readonly kind: 'recalled'; readonly recallSeq: number }
  | {
      readonly kind: 'membership';
      readonly change: MembershipChangeKind;
      readonly userId: number;
      readonly userName: string;
      readonly role: GroupRole | null;
    }
  | { readonly kind: 'group_change'; readonly changes: GroupChanges }
  | { readonly kind: 'recall'; readonly targetSeq: number }
  /** `content`: null where a later edit or a recall has erased it. */
  | { readonly kind: 'edit'; readonly targetSeq: number; readonly content: Content | null; readonly revision: number }
  | { readonly kind: 'reaction'; readonly targetSeq: number; readonly emoji: string; readonly removed: boolean };

/** Whether entries of this kind count as unread. */
export function isCountable(body: EntryBody): boolean {
  return body.kind === 'content' || body.kind === 'recalled';
}

/** What people put into the entry; null where that is nothing. */
export function contentOf(body: EntryBody): Content | null {
  return body.kind === 'content' || body.kind === 'edit' ? body.content : null;
}

/** What a mention and an attachment take, beside an attachment's names. */
const MENTION_BYTES = 32;
const ATTACHMENT_BYTES = 128;

/** About how many bytes people put into an entry: what queues and frames are bounded by. */
export function contentBytes(body: EntryBody): number {
  if (body.kind === 'group_change') {
    const { name = '', description = '' } = body.changes;
    return Buffer.byteLength(name) + Buffer.byteLength(description);
  }
  const content = contentOf(body);
  if (content === null) return 0;
  const { text, payload, mentions = [], attachments = [] } = content;
  let bytes = Buffer.byteLength(text) + (payload?.data.byteLength ?? 0) + mentions.length * MENTION_BYTES;
  for (const { fileName, mediaType } of attachments) {
    bytes += ATTACHMENT_BYTES + Buffer.byteLength(fileName) + mediaType.length;
  }
  return bytes;
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

/** The other one in a direct conversation. */
export function peerOf(users: readonly [number, number], userId: number): number {
  return users[0] === userId ? users[1] : users[0];
}

/** Where an entry by `senderId` went. */
export function targetOf(facts: ConversationFacts, senderId: number): Target {
  return facts.kind === 'group'
    ? { kind: 'group', groupId: facts.groupId }
    : { kind: 'user', userId: peerOf(facts.users, senderId) };
}
