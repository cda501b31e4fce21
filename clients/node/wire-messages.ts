import type * as AttachmentPb from '../../proto/gen/parley/v1/attachment.pb.ts';
import type * as ConversationPb from '../../proto/gen/parley/v1/conversation.pb.ts';
import { JoinPolicy } from '../../proto/gen/parley/v1/group.pb.ts';
import * as MessagePb from '../../proto/gen/parley/v1/message.pb.ts';
import type * as types from './types.ts';
import * as enums from './wire-enums.ts';
import { toAccount, toDate, toInt64, toNumber, toTarget } from './wire.ts';

export function fromContent(content: types.Content): MessagePb.Content {
  const { text, payload, mentions, attachments } = content;
  return MessagePb.Content.fromPartial({
    text,
    payload: payload && { mediaType: payload.mediaType, data: Buffer.from(payload.data) },
    replyToSeq: toInt64(content.replyToSeq ?? 0),
    mentions: mentions?.map((mention) => ({ ...mention, userId: toInt64(mention.userId) })) ?? [],
    attachments: attachments?.map(({ id }) => ({ id: toInt64(id) })) ?? [],
  });
}

function toContent(wire: MessagePb.Content): types.Content {
  const { text, payload, mentions, attachments } = wire;
  return {
    text,
    ...(payload && { payload }),
    ...(wire.replyToSeq !== 0n && { replyToSeq: toNumber(wire.replyToSeq) }),
    ...(mentions.length > 0 && {
      mentions: mentions.map((mention) => ({ ...mention, userId: toNumber(mention.userId) })),
    }),
    ...(attachments.length > 0 && { attachments: attachments.map(toAttachment) }),
  };
}

function toAttachment(wire: AttachmentPb.Attachment): types.Attachment {
  return {
    id: toNumber(wire.id),
    conversationId: toNumber(wire.conversationId),
    fileName: wire.fileName,
    mediaType: wire.mediaType,
    sizeBytes: toNumber(wire.sizeBytes),
    sha256: wire.sha256,
    createTime: toDate(wire.createTime),
  };
}

export function toMessage(wire: MessagePb.Message): types.Message {
  const target = toTarget(wire.target);
  return {
    conversationId: toNumber(wire.conversationId),
    seq: toNumber(wire.seq),
    ordinal: toNumber(wire.ordinal),
    ...(target && { target }),
    senderId: toNumber(wire.senderId),
    senderName: wire.senderName,
    clientMessageId: wire.clientMessageId,
    createTime: toDate(wire.createTime),
    revision: wire.revision,
    reactions: wire.reactions,
    body: toBody(wire.body),
  };
}

function toBody(wire: MessagePb.Message['body']): types.Body {
  switch (wire?.$case) {
    case 'content':
      return { kind: 'content', content: toContent(wire.value) };
    case 'membershipChange': {
      const { kind, userId, userName, role } = wire.value;
      return {
        kind: 'membership',
        change: enums.membershipChangeKind(kind),
        userId: toNumber(userId),
        userName,
        role: enums.groupRole(role),
      };
    }
    case 'groupChange': {
      const { name, description, deleted, memberLimit, joinPolicy, historyVisible } = wire.value;
      return {
        kind: 'group',
        deleted,
        ...(name && { name }),
        ...(description !== undefined && { description }),
        ...(memberLimit > 0 && { memberLimit }),
        ...(joinPolicy !== JoinPolicy.JOIN_POLICY_UNSPECIFIED && { joinPolicy: enums.joinPolicy(joinPolicy) }),
        ...(historyVisible !== undefined && { historyVisible }),
      };
    }
    case 'recall':
      return { kind: 'recall', targetSeq: toNumber(wire.value.targetSeq) };
    case 'edit': {
      const { targetSeq, revision, content } = wire.value;
      const edit = { kind: 'edit', targetSeq: toNumber(targetSeq), revision } as const;
      return content ? { ...edit, content: toContent(content) } : edit;
    }
    case 'reaction': {
      const { targetSeq, emoji, removed } = wire.value;
      return { kind: 'reaction', targetSeq: toNumber(targetSeq), emoji, removed };
    }
    case 'recalled':
      return { kind: 'recalled', recallSeq: toNumber(wire.value.recallSeq) };
    default:
      return { kind: 'unknown' };
  }
}

export function toConversation(wire: ConversationPb.Conversation): types.Conversation {
  const target = toTarget(wire.target);
  return {
    id: toNumber(wire.id),
    ...(target && { target }),
    title: wire.title,
    ...(wire.peer && { peer: toAccount(wire.peer) }),
    lastSeq: toNumber(wire.lastSeq),
    lastOrdinal: toNumber(wire.lastOrdinal),
    deliveredSeq: toNumber(wire.cursor?.deliveredSeq ?? 0n),
    readSeq: toNumber(wire.cursor?.readSeq ?? 0n),
    unreadCount: toNumber(wire.unreadCount),
    ...(wire.lastMessage && { lastMessage: toMessage(wire.lastMessage) }),
    lastActivityTime: toDate(wire.lastActivityTime),
    closed: wire.closed,
  };
}
