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

/**
 * By `package.Service/Method`. An rpc that is not listed is called with an empty request, and anything goes but a status
 * that only a fault gives.
 */
export const EXPECTED: Record<string, Expected> = {
  'parley.v1.AuthService/Register': ok(() => ({ name: uniqueName('new'), password: PASSWORD })),
  'parley.v1.AuthService/Login': ok(({ bobId }) => ({ userId: bobId, password: PASSWORD })),
  'parley.v1.AuthService/Logout': { code: status.OK, ownSession: true },
  'parley.v1.AuthService/GetAccount': ok(({ bobId }) => ({ userId: bobId })),
  'parley.v1.AuthService/UpdateAccount': ok(() => ({ settings: {}, updateMask: 'presenceHidden' })),
  'parley.v1.AuthService/ChangePassword': fails(status.UNAUTHENTICATED, 'ERROR_REASON_CREDENTIALS_INVALID', () => ({
    currentPassword: 'a wrong one',
    newPassword: PASSWORD,
  })),
  'parley.v1.AuthService/ListSessions': ok(),
  'parley.v1.AuthService/RevokeSession': ok(() => ({ sessionId: NOBODY })),
  'parley.v1.AuthService/DeleteAccount': fails(status.UNAUTHENTICATED, 'ERROR_REASON_CREDENTIALS_INVALID', () => ({
    password: 'a wrong one',
  })),
  'parley.v1.FriendService/AddFriend': ok(({ bobId }) => ({ userId: bobId })),
  'parley.v1.FriendService/AcceptFriend': fails(status.NOT_FOUND, 'ERROR_REASON_FRIEND_REQUEST_NOT_FOUND', () => ({
    userId: NOBODY,
  })),
  'parley.v1.FriendService/DeclineFriend': ok(({ bobId }) => ({ userId: bobId })),
  'parley.v1.FriendService/RemoveFriend': ok(({ bobId }) => ({ userId: bobId })),
  'parley.v1.FriendService/ListFriends': ok(),
  'parley.v1.FriendService/ListFriendRequests': ok(),
  'parley.v1.FriendService/BlockUser': fails(status.NOT_FOUND, 'ERROR_REASON_USER_NOT_FOUND', () => ({
    userId: NOBODY,
  })),
  'parley.v1.FriendService/UnblockUser': ok(({ bobId }) => ({ userId: bobId })),
  'parley.v1.FriendService/ListBlockedUsers': ok(),
  'parley.v1.GroupService/CreateGroup': ok(() => ({ name: 'tea', requestId: randomUUID() })),
  'parley.v1.GroupService/GetGroup': ok(({ annGroupId }) => ({ groupId: annGroupId })),
  'parley.v1.GroupService/UpdateGroup': ok(({ annGroupId }) => ({
    group: { id: annGroupId, description: 'green' },
    updateMask: 'description',
  })),
  'parley.v1.GroupService/DeleteGroup': fails(status.NOT_FOUND, 'ERROR_REASON_GROUP_NOT_FOUND', () => ({
    groupId: NOBODY,
  })),
  'parley.v1.GroupService/JoinGroup': ok(({ bobGroupId }) => ({ groupId: bobGroupId })),
  'parley.v1.GroupService/LeaveGroup': fails(status.NOT_FOUND, 'ERROR_REASON_GROUP_NOT_FOUND', () => ({
    groupId: NOBODY,
  })),
  'parley.v1.GroupService/InviteMember': ok(({ annGroupId, bobId }) => ({ groupId: annGroupId, userId: bobId })),
  'parley.v1.GroupService/RemoveMember': ok(({ annGroupId }) => ({ groupId: annGroupId, userId: NOBODY })),
  'parley.v1.GroupService/SetMemberRole': fails(
    status.INVALID_ARGUMENT,
    'ERROR_REASON_INVALID_FIELD',
    ({ annGroupId, bobId }) => ({ groupId: annGroupId, userId: bobId, role: 'GROUP_ROLE_OWNER' }),
  ),
  'parley.v1.GroupService/TransferOwnership': fails(
    status.NOT_FOUND,
    'ERROR_REASON_USER_NOT_FOUND',
    ({ annGroupId }) => ({ groupId: annGroupId, userId: NOBODY }),
  ),
  'parley.v1.GroupService/ListGroups': ok(),
  'parley.v1.GroupService/ListMembers': ok(({ annGroupId }) => ({ groupId: annGroupId })),
  'parley.v1.GroupService/ListJoinRequests': ok(({ annGroupId }) => ({ groupId: annGroupId })),
  'parley.v1.GroupService/DeclineJoinRequest': ok(({ annGroupId, bobId }) => ({ groupId: annGroupId, userId: bobId })),
  'parley.v1.HistoryService/ListConversations': ok(),
  'parley.v1.HistoryService/ListMessages': ok(({ annGroupId }) => ({ target: { groupId: annGroupId } })),
  'parley.v1.HistoryService/ListReceipts': ok(({ annGroupId }) => ({ target: { groupId: annGroupId } })),
  'parley.v1.HistoryService/SearchMessages': ok(() => ({ query: 'tea' })),
  'parley.v1.ChatService/Chat': ok(() => ({ hello: { protocolVersion: 1 } })),
  'parley.v1.ChatService/SendMessage': ok(({ bobId }) => ({ message: textTo(bobId, 'by curl') })),
  'parley.v1.ChatService/RecallMessage': fails(status.NOT_FOUND, 'ERROR_REASON_MESSAGE_NOT_FOUND', () => ({
    conversationId: NOBODY,
    seq: '1',
  })),
  'parley.v1.ChatService/EditMessage': fails(status.NOT_FOUND, 'ERROR_REASON_MESSAGE_NOT_FOUND', () => ({
    ...{ clientMessageId: randomUUID(), conversationId: NOBODY, seq: '1', content: { text: 'by curl' } },
  })),
  'parley.v1.ChatService/SetReaction': fails(status.NOT_FOUND, 'ERROR_REASON_MESSAGE_NOT_FOUND', () => ({
    ...{ conversationId: NOBODY, seq: '1', emoji: '👍' },
  })),
  'parley.v1.AttachmentService/Upload': fails(status.NOT_FOUND, 'ERROR_REASON_USER_NOT_FOUND', () => ({
    header: {
      ...{ target: { userId: NOBODY }, fileName: 'tea.txt', mediaType: 'text/plain', sizeBytes: '1' },
      ...{ sha256: Buffer.alloc(32).toString('base64'), requestId: randomUUID() },
    },
  })),
  'parley.v1.AttachmentService/GetUpload': fails(status.NOT_FOUND, 'ERROR_REASON_ATTACHMENT_NOT_FOUND', () => ({
    requestId: randomUUID(),
  })),
  'parley.v1.AttachmentService/Download': fails(status.NOT_FOUND, 'ERROR_REASON_ATTACHMENT_NOT_FOUND', () => ({
    attachmentId: NOBODY,
  })),
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
