import type { Attachment as WireAttachment } from '../../proto/gen/parley/v1/attachment.pb.ts';
import type { SendReceipt } from '../../proto/gen/parley/v1/chat.pb.ts';
import { JoinPolicy } from '../../proto/gen/parley/v1/group.pb.ts';
import {
  type Content as WireContent,
  type GroupChange,
  type MembershipChange,
  MembershipChangeKind,
  type Message,
} from '../../proto/gen/parley/v1/message.pb.ts';
import type { OutgoingContent } from '../messages/content-rules.ts';
import type { Receipt } from '../messages/send.ts';
import type {
  Attachment,
  Content,
  Entry,
  EntryBody,
  GroupChanges,
  MembershipChangeKind as ChangeKind,
} from '../store/seam/entry.ts';
import { fromNumber, toId, toSeq } from './ids.ts';
import { toJoinPolicy, toRole, toTarget } from './wire.ts';

/** Entries of the log and what they say: wire to domain and back. */

const CHANGES: Readonly<Record<ChangeKind, MembershipChangeKind>> = {
  joined: MembershipChangeKind.MEMBERSHIP_CHANGE_KIND_JOINED,
  invited: MembershipChangeKind.MEMBERSHIP_CHANGE_KIND_INVITED,
  left: MembershipChangeKind.MEMBERSHIP_CHANGE_KIND_LEFT,
  removed: MembershipChangeKind.MEMBERSHIP_CHANGE_KIND_REMOVED,
  role_changed: MembershipChangeKind.MEMBERSHIP_CHANGE_KIND_ROLE_CHANGED,
};

/** @throws DomainError INVALID_FIELD for what is no id and no seq; everything else is judged by the domain */
export function fromContent(wire: WireContent | undefined): OutgoingContent | undefined {
  if (wire === undefined) return undefined;
  const { text, payload, mentions, attachments } = wire;
  return {
    text,
    ...(payload && { payload }),
    ...(wire.replyToSeq !== 0n && { replyToSeq: toSeq(wire.replyToSeq, 'content.reply_to_seq') }),
    ...(mentions.length > 0 && {
      mentions: mentions.map(({ userId, start, length }) => ({
        userId: toId(userId, 'content.mentions.user_id'),
        start,
        length,
      })),
    }),
    ...(attachments.length > 0 && { attachmentIds: attachments.map(({ id }) => toId(id, 'content.attachments.id')) }),
  };
}

export function toContent({ text, payload, replyToSeq, mentions, attachments }: Content): WireContent {
  return {
    text,
    payload: payload && { mediaType: payload.mediaType, data: Buffer.from(payload.data) },
    replyToSeq: fromNumber(replyToSeq ?? 0),
    mentions: mentions?.map((mention) => ({ ...mention, userId: fromNumber(mention.userId) })) ?? [],
    attachments: attachments?.map(toAttachment) ?? [],
  };
}

export function toAttachment(attachment: Attachment): WireAttachment {
  return {
    id: fromNumber(attachment.id),
    conversationId: fromNumber(attachment.conversationId),
    fileName: attachment.fileName,
    mediaType: attachment.mediaType,
    sizeBytes: fromNumber(attachment.sizeBytes),
    sha256: Buffer.from(attachment.sha256),
    createTime: new Date(attachment.createdAt),
  };
}

export function toReceipt(receipt: Receipt): SendReceipt {
  return {
    conversationId: fromNumber(receipt.conversationId),
    seq: fromNumber(receipt.seq),
    ordinal: fromNumber(receipt.ordinal),
    createTime: new Date(receipt.createdAt),
  };
}

export function toMessage(entry: Entry): Message {
  return {
    ...toReceipt(entry),
    target: toTarget(entry.target),
    senderId: fromNumber(entry.senderId),
    senderName: entry.senderName,
    clientMessageId: entry.clientMessageId ?? '',
    revision: entry.body.kind === 'content' ? (entry.body.revision ?? 0) : 0,
    reactions: [],
    body: toBody(entry.body),
  };
}

function toBody(body: EntryBody): Message['body'] {
  switch (body.kind) {
    case 'content':
      return { $case: 'content', value: toContent(body.content) };
    case 'recalled':
      return { $case: 'recalled', value: { recallSeq: fromNumber(body.recallSeq) } };
    case 'membership':
      return { $case: 'membershipChange', value: toMembershipChange(body) };
    case 'group_change':
      return { $case: 'groupChange', value: toGroupChange(body.changes) };
    case 'recall':
      return { $case: 'recall', value: { targetSeq: fromNumber(body.targetSeq) } };
    case 'edit': {
      const { content, revision } = body;
      const targetSeq = fromNumber(body.targetSeq);
      return {
        $case: 'edit',
        value: { targetSeq, revision, content: content === null ? undefined : toContent(content) },
      };
    }
    case 'reaction': {
      const { emoji, removed } = body;
      return { $case: 'reaction', value: { targetSeq: fromNumber(body.targetSeq), emoji, removed } };
    }
  }
}

function toMembershipChange(body: Extract<EntryBody, { kind: 'membership' }>): MembershipChange {
  return {
    kind: CHANGES[body.change],
    userId: fromNumber(body.userId),
    userName: body.userName,
    role: toRole(body.role),
  };
}

function toGroupChange(changes: GroupChanges): GroupChange {
  return {
    name: changes.name ?? '',
    description: changes.description,
    deleted: changes.deleted ?? false,
    memberLimit: changes.memberLimit ?? 0,
    joinPolicy: changes.joinPolicy ? toJoinPolicy(changes.joinPolicy) : JoinPolicy.JOIN_POLICY_UNSPECIFIED,
    historyVisible: changes.historyVisible,
  };
}
