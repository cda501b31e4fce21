import type { Duration } from '../../proto/gen/google/protobuf/duration.pb.ts';
import type * as AccountPb from '../../proto/gen/parley/v1/account.pb.ts';
import type * as ChatPb from '../../proto/gen/parley/v1/chat.pb.ts';
import type * as FriendPb from '../../proto/gen/parley/v1/friend.pb.ts';
import type * as GroupPb from '../../proto/gen/parley/v1/group.pb.ts';
import type * as MessagePb from '../../proto/gen/parley/v1/message.pb.ts';
import type * as PresencePb from '../../proto/gen/parley/v1/presence.pb.ts';
import * as enums from './wire-enums.ts';
import type * as types from './types.ts';

/** An id or a seq of the wire as a number. */
export function toNumber(value: bigint): number {
  if (value < 0n || value > 9_007_199_254_740_991n) throw new RangeError(`${value} is not an id or a seq`);
  return Number(value);
}

/** An id or a seq for the wire: a whole number from 0 to 2^53 − 1. */
export function toInt64(value: number): bigint {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is not an id or a seq`);
  return BigInt(value);
}

export function durationMs(value: Duration | undefined): number | undefined {
  return value && Number(value.seconds) * 1000 + value.nanos / 1e6;
}

/** The wire leaves out what is at its default; a time that is left out is unknown, shown as the epoch. */
export function toDate(value: Date | undefined): Date {
  return value ?? new Date(0);
}

export function fromTarget(target: types.Target): MessagePb.Target {
  return 'userId' in target
    ? { target: { $case: 'userId', value: toInt64(target.userId) } }
    : { target: { $case: 'groupId', value: toInt64(target.groupId) } };
}

export function toTarget(wire: MessagePb.Target | undefined): types.Target | undefined {
  const target = wire?.target;
  if (!target) return undefined;
  return target.$case === 'userId' ? { userId: toNumber(target.value) } : { groupId: toNumber(target.value) };
}

export function toSendReceipt(clientMessageId: string, wire: ChatPb.SendReceipt): types.SendReceipt {
  return {
    clientMessageId,
    conversationId: toNumber(wire.conversationId),
    seq: toNumber(wire.seq),
    ordinal: toNumber(wire.ordinal),
    createTime: toDate(wire.createTime),
  };
}

export function toReceipt(wire: ChatPb.Receipt): types.Receipt {
  return {
    conversationId: toNumber(wire.conversationId),
    userId: toNumber(wire.userId),
    deliveredSeq: toNumber(wire.deliveredSeq),
    readSeq: toNumber(wire.readSeq),
  };
}

export function fromPosition(position: types.Position): ChatPb.Position {
  return { conversationId: toInt64(position.conversationId), seq: toInt64(position.seq) };
}

export function toAccount(wire: AccountPb.Account | undefined): types.Account {
  return {
    id: toNumber(wire?.id ?? 0n),
    name: wire?.name ?? '',
    createTime: toDate(wire?.createTime),
    deleted: wire?.deleted ?? false,
  };
}

export function toAccountAndTime(wire: { account: AccountPb.Account | undefined; createTime: Date | undefined }) {
  return { account: toAccount(wire.account), createTime: toDate(wire.createTime) };
}

export function toSession(wire: AccountPb.Session): types.Session {
  return {
    id: toNumber(wire.id),
    deviceName: wire.deviceName,
    createTime: toDate(wire.createTime),
    lastUseTime: toDate(wire.lastUseTime),
    expireTime: toDate(wire.expireTime),
    current: wire.current,
  };
}

export function toLogin(wire: { token: string; expireTime: Date | undefined; account: AccountPb.Account | undefined }) {
  return { token: wire.token, expireTime: toDate(wire.expireTime), account: toAccount(wire.account) };
}

export function toPresence(wire: PresencePb.Presence): types.Presence {
  return {
    userId: toNumber(wire.userId),
    state: enums.presenceState(wire.state),
    ...(wire.lastSeenTime && { lastSeenTime: wire.lastSeenTime }),
  };
}

export function toFriend(wire: FriendPb.Friend): types.Friend {
  const account = toAccount(wire.account);
  const presence = wire.presence ? toPresence(wire.presence) : ({ userId: account.id, state: 'unknown' } as const);
  return { account, presence, createTime: toDate(wire.createTime) };
}

export function toFriendRequest(wire: FriendPb.FriendRequest): types.FriendRequest {
  return {
    account: toAccount(wire.account),
    outgoing: wire.outgoing,
    createTime: toDate(wire.createTime),
    expireTime: toDate(wire.expireTime),
  };
}

export function toGroup(wire: GroupPb.Group): types.Group {
  return {
    id: toNumber(wire.id),
    name: wire.name,
    description: wire.description,
    ownerId: toNumber(wire.ownerId),
    conversationId: toNumber(wire.conversationId),
    memberLimit: wire.memberLimit,
    joinPolicy: enums.joinPolicy(wire.joinPolicy),
    role: enums.groupRole(wire.role),
    createTime: toDate(wire.createTime),
    memberCount: wire.memberCount,
    historyVisible: wire.historyVisible,
  };
}

export function toGroupMember(wire: GroupPb.GroupMember): types.GroupMember {
  return { account: toAccount(wire.account), role: enums.groupRole(wire.role), joinedSeq: toNumber(wire.joinedSeq) };
}
