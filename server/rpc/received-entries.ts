import type { Attachment as WireAttachment } from '../../proto/gen/parley/v1/attachment.pb.ts';
import { GroupRole, JoinPolicy } from '../../proto/gen/parley/v1/group.pb.ts';
import {
  type Content as WireContent,
  type GroupChange,
  type MembershipChange,
  MembershipChangeKind,
  type Message,
} from '../../proto/gen/parley/v1/message.pb.ts';
import type {
  Attachment,
  Content,
  Entry,
  EntryBody,
  GroupChanges,
  MembershipChangeKind as ChangeKind,
} from '../store/seam/entry.ts';
import type { GroupRole as Role } from '../store/seam/records.ts';
import { toId, toSeq } from './ids.ts';
import { fromJoinPolicy, fromTarget, toRole } from './wire.ts';

/** Entries that another replica has encoded, back from the wire: the reverse of wire-entries.ts. */

const CHANGES: Readonly<Record<number, ChangeKind>> = {
  [MembershipChangeKind.MEMBERSHIP_CHANGE_KIND_JOINED]: 'joined',
  [MembershipChangeKind.MEMBERSHIP_CHANGE_KIND_INVITED]: 'invited',
  [MembershipChangeKind.MEMBERSHIP_CHANGE_KIND_LEFT]: 'left',
  [MembershipChangeKind.MEMBERSHIP_CHANGE_KIND_REMOVED]: 'removed',
  [MembershipChangeKind.MEMBERSHIP_CHANGE_KIND_ROLE_CHANGED]: 'role_changed',
};

const ROLES: readonly Role[] = ['member', 'admin', 'owner'];

/** @throws Error for what is not an entry, and for kinds of entries that this version doesn't know */
export function fromMessage(message: Message): Entry {
  if (message.createTime === undefined) throw new Error('create_time is not set');
  return {
    conversationId: toId(message.conversationId, 'conversation_id'),
    seq: toId(message.seq, 'seq'),
    ordinal: toSeq(message.ordinal, 'ordinal'),
    target: fromTarget(message.target),
    senderId: toId(message.senderId, 'sender_id'),
    senderName: message.senderName,
    clientMessageId: message.clientMessageId || null,
    createdAt: message.createTime.getTime(),
    body: fromBody(message),
  };
}

function fromBody({ body, revision }: Message): EntryBody {
  switch (body?.$case) {
    case 'content':
      return { kind: 'content', content: fromContent(body.value), ...(revision !== 0 && { revision }) };
    case 'recalled':
      return { kind: 'recalled', recallSeq: toId(body.value.recallSeq, 'recall_seq') };
    case 'membershipChange':
      return fromMembershipChange(body.value);
    case 'groupChange':
      return { kind: 'group_change', changes: fromGroupChange(body.value) };
    case 'recall':
      return { kind: 'recall', targetSeq: toId(body.value.targetSeq, 'target_seq') };
    case 'edit': {
      const { targetSeq, content, revision } = body.value;
      return {
        ...{ kind: 'edit', targetSeq: toId(targetSeq, 'target_seq'), revision },
        content: content === undefined ? null : fromContent(content),
      };
    }
    case 'reaction': {
      const { targetSeq, emoji, removed } = body.value;
      return { kind: 'reaction', targetSeq: toId(targetSeq, 'target_seq'), emoji, removed };
    }
    case undefined:
      throw new Error('an entry of an unknown kind');
  }
}

function fromContent({ text, payload, replyToSeq, mentions, attachments }: WireContent): Content {
  return {
    text,
    ...(payload && { payload: { mediaType: payload.mediaType, data: payload.data } }),
    ...(replyToSeq !== 0n && { replyToSeq: toSeq(replyToSeq, 'reply_to_seq') }),
    ...(mentions.length > 0 && {
      mentions: mentions.map(({ userId, start, length }) => ({ userId: toId(userId, 'user_id'), start, length })),
    }),
    ...(attachments.length > 0 && { attachments: attachments.map(fromAttachment) }),
  };
}

function fromAttachment({ createTime, ...attachment }: WireAttachment): Attachment {
  if (createTime === undefined) throw new Error('create_time of an attachment is not set');
  return {
    id: toId(attachment.id, 'id'),
    conversationId: toId(attachment.conversationId, 'conversation_id'),
    fileName: attachment.fileName,
    mediaType: attachment.mediaType,
    sizeBytes: toSeq(attachment.sizeBytes, 'size_bytes'),
    sha256: attachment.sha256,
    createdAt: createTime.getTime(),
  };
}

function fromMembershipChange({ kind, userId, userName, role }: MembershipChange): EntryBody {
  const change = CHANGES[kind];
  const known = role === GroupRole.GROUP_ROLE_UNSPECIFIED ? null : ROLES.find((name) => toRole(name) === role);
  if (change === undefined || known === undefined) throw new Error('a membership change of an unknown kind');
  return { kind: 'membership', change, userId: toId(userId, 'user_id'), userName, role: known };
}

function fromGroupChange({ name, description, deleted, memberLimit, ...wire }: GroupChange): GroupChanges {
  const { joinPolicy, historyVisible } = wire;
  return {
    ...(name !== '' && { name }),
    ...(description !== undefined && { description }),
    ...(deleted && { deleted }),
    ...(memberLimit !== 0 && { memberLimit }),
    ...(joinPolicy !== JoinPolicy.JOIN_POLICY_UNSPECIFIED && {
      joinPolicy: fromJoinPolicy(joinPolicy, 'join_policy'),
    }),
    ...(historyVisible !== undefined && { historyVisible }),
  };
}
