import { randomUUID } from 'node:crypto';
import { status } from '@grpc/grpc-js';

export const PASSWORD = 'correct horse battery';

/** The largest id allowed: nobody and nothing has it. */
const NOBODY = String(Number.MAX_SAFE_INTEGER);

/** Who and what the calls can name. */
export interface World {
  readonly annToken: string;
  readonly bobId: string;
  readonly bobGroupId: string;
  readonly annGroupId: string;
}

/** What one rpc answers to a request that is as small as can be. */
export interface Expected {
  /** The request. Default: empty. */
  readonly data?: (world: World) => object;
  readonly code: status;
  /** Of the ErrorInfo. */
  readonly reason?: string;
  /** Whether the call carries a session of its own, because it ends it. */
  readonly ownSession?: boolean;
}

const ok = (data?: Expected['data']): Expected => ({ code: status.OK, ...(data && { data }) });
const fails = (code: status, reason: string, data: Expected['data']): Expected => ({ code, reason, data });
const notYet: Expected = { code: status.UNIMPLEMENTED, reason: 'ERROR_REASON_NOT_IMPLEMENTED' };

/**
 * By `package.Service/Method`. An rpc that is not listed is called with an empty request, and anything goes but a status
 * that only a fault gives.
 */
export const EXPECTED: Record<string, Expected> = {
  'parley.v1.AuthService/Register': ok(() => ({ name: uniqueName('new'), password: PASSWORD })),
  'parley.v1.AuthService/Login': ok(({ bobId }) => ({ userId: bobId, password: PASSWORD })),
  'parley.v1.AuthService/Logout': { code: status.OK, ownSession: true },
  'parley.v1.AuthService/GetAccount': ok(({ bobId }) => ({ userId: bobId })),
  'parley.v1.AuthService/UpdateAccount': notYet,
  'parley.v1.AuthService/ChangePassword': notYet,
  'parley.v1.AuthService/ListSessions': notYet,
  'parley.v1.AuthService/RevokeSession': notYet,
  'parley.v1.AuthService/DeleteAccount': notYet,
  'parley.v1.FriendService/AddFriend': ok(({ bobId }) => ({ userId: bobId })),
  'parley.v1.FriendService/AcceptFriend': fails(status.NOT_FOUND, 'ERROR_REASON_FRIEND_REQUEST_NOT_FOUND', () => ({
    userId: NOBODY,
  })),
  'parley.v1.FriendService/DeclineFriend': ok(({ bobId }) => ({ userId: bobId })),
  'parley.v1.FriendService/RemoveFriend': ok(({ bobId }) => ({ userId: bobId })),
  'parley.v1.FriendService/ListFriends': ok(),
  'parley.v1.FriendService/ListFriendRequests': ok(),
  'parley.v1.FriendService/BlockUser': notYet,
  'parley.v1.FriendService/UnblockUser': notYet,
  'parley.v1.GroupService/CreateGroup': ok(() => ({ name: 'tea', requestId: randomUUID() })),
  'parley.v1.GroupService/GetGroup': ok(({ annGroupId }) => ({ groupId: annGroupId })),
  'parley.v1.GroupService/UpdateGroup': notYet,
  'parley.v1.GroupService/DeleteGroup': notYet,
  'parley.v1.GroupService/JoinGroup': ok(({ bobGroupId }) => ({ groupId: bobGroupId })),
  'parley.v1.GroupService/LeaveGroup': fails(status.NOT_FOUND, 'ERROR_REASON_GROUP_NOT_FOUND', () => ({
    groupId: NOBODY,
  })),
  'parley.v1.GroupService/InviteMember': ok(({ annGroupId, bobId }) => ({ groupId: annGroupId, userId: bobId })),
  'parley.v1.GroupService/RemoveMember': notYet,
  'parley.v1.GroupService/SetMemberRole': notYet,
  'parley.v1.GroupService/TransferOwnership': notYet,
  'parley.v1.GroupService/ListGroups': ok(),
  'parley.v1.GroupService/ListMembers': ok(({ annGroupId }) => ({ groupId: annGroupId })),
  'parley.v1.HistoryService/ListConversations': ok(),
  'parley.v1.HistoryService/ListMessages': ok(({ annGroupId }) => ({ target: { groupId: annGroupId } })),
  'parley.v1.HistoryService/SearchMessages': notYet,
  'parley.v1.ChatService/Chat': ok(() => ({ hello: { protocolVersion: 1 } })),
  'parley.v1.ChatService/SendMessage': ok(({ bobId }) => ({ message: textTo(bobId, 'by curl') })),
  'parley.v1.ChatService/RecallMessage': notYet,
  'parley.v1.ChatService/EditMessage': notYet,
  'parley.v1.AttachmentService/Upload': notYet,
  'parley.v1.AttachmentService/Download': notYet,
  'grpc.health.v1.Health/Check': ok(),
  'grpc.health.v1.Health/List': ok(),
  'grpc.health.v1.Health/Watch': ok(),
  'grpc.reflection.v1.ServerReflection/ServerReflectionInfo': ok(() => ({ listServices: '' })),
  'grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo': ok(() => ({ listServices: '' })),
};

/** A user name that no other call uses. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${randomUUID().slice(0, 8)}`;
}

/** A new OutgoingMessage, as JSON. */
export function textTo(userId: string, text: string) {
  return { clientMessageId: randomUUID(), target: { userId }, content: { text } };
}
