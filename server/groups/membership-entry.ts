import type { Entry, MembershipChangeKind } from '../store/seam/entry.ts';
import type { ConversationHead, GroupRole, UserRecord } from '../store/seam/records.ts';

/** The log's entry of a change in a group's membership, at the place after `head`. */
export function membershipEntry(parts: {
  readonly head: ConversationHead;
  readonly groupId: number;
  readonly actor: UserRecord;
  readonly subject: UserRecord;
  readonly change: MembershipChangeKind;
  readonly role: GroupRole | null;
  readonly at: number;
}): Entry {
  const { head, actor, subject } = parts;
  return {
    conversationId: head.id,
    seq: head.lastSeq + 1,
    ordinal: head.lastOrdinal,
    target: { kind: 'group', groupId: parts.groupId },
    senderId: actor.id,
    senderName: actor.name,
    clientMessageId: null,
    createdAt: parts.at,
    body: { kind: 'membership', change: parts.change, userId: subject.id, userName: subject.name, role: parts.role },
  };
}
