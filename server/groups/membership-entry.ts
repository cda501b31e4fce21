import type { Entry, EntryBody, MembershipChangeKind } from '../store/seam/entry.ts';
import type { ConversationHead, GroupRole, UserRecord } from '../store/seam/records.ts';

/** An entry that says how a group has changed, at the place after `head`. */
export function groupEntry(parts: {
  readonly head: ConversationHead;
  readonly groupId: number;
  readonly actor: UserRecord;
  readonly body: EntryBody;
  readonly at: number;
}): Entry {
  const { head, actor } = parts;
  return {
    conversationId: head.id,
    seq: head.lastSeq + 1,
    ordinal: head.lastOrdinal,
    target: { kind: 'group', groupId: parts.groupId },
    senderId: actor.id,
    senderName: actor.name,
    clientMessageId: null,
    createdAt: parts.at,
    body: parts.body,
  };
}

/** The log's entry of a change in a group's membership, at the place after `head`. */
export function membershipEntry({
  subject,
  change,
  role,
  ...parts
}: {
  readonly head: ConversationHead;
  readonly groupId: number;
  readonly actor: UserRecord;
  readonly subject: UserRecord;
  readonly change: MembershipChangeKind;
  readonly role: GroupRole | null;
  readonly at: number;
}): Entry {
  const body: EntryBody = { kind: 'membership', change, userId: subject.id, userName: subject.name, role };
  return groupEntry({ ...parts, body });
}
