import { FriendStatus } from '../../proto/gen/parley/v1/friend.pb.ts';
import type { FriendServiceServer } from '../../proto/gen/parley/v1/friend_service.pb.ts';
import type { Accounts } from '../accounts/accounts.ts';
import type { Friends } from '../friends/friends.ts';
import type { Presence } from '../presence/presence.ts';
import { fromSelector } from './auth-handlers.ts';
import type { Calls } from './calls.ts';
import { fromNumber, toId } from './ids.ts';
import { pageById } from './page.ts';
import { toAccount, toPresence } from './wire.ts';

const SIZES = { fallback: 100, max: 500 };

export interface FriendHandlerParts {
  readonly accounts: Accounts;
  readonly friends: Friends;
  readonly presence: Presence;
}

export function friendHandlers(calls: Calls, { accounts, friends, presence }: FriendHandlerParts): FriendServiceServer {
  return {
    addFriend: calls.authenticated(async (request, { user }) => {
      const other = await accounts.find(fromSelector(request.user));
      const status = await friends.add(user.id, other.id);
      return {
        status: status === 'accepted' ? FriendStatus.FRIEND_STATUS_ACCEPTED : FriendStatus.FRIEND_STATUS_REQUESTED,
        userId: fromNumber(other.id),
      };
    }),

    acceptFriend: calls.authenticated(async ({ userId }, { user }) => {
      await friends.accept(user.id, toId(userId, 'user_id'));
      return {};
    }),

    declineFriend: calls.authenticated(async ({ userId }, { user }) => {
      await friends.decline(user.id, toId(userId, 'user_id'));
      return {};
    }),

    removeFriend: calls.authenticated(async ({ userId }, { user }) => {
      await friends.remove(user.id, toId(userId, 'user_id'));
      return {};
    }),

    listFriends: calls.authenticated(async (request, { user }) => {
      const page = await pageById(
        'ListFriends',
        request,
        SIZES,
        (at) => friends.list(user.id, at),
        (friend) => friend.user.id,
      );
      const states = await presence.states(page.items.map((friend) => friend.user.id));
      return {
        friends: page.items.map(({ user: friend, since }) => ({
          account: toAccount(friend),
          presence: toPresence(friend.id, states.get(friend.id)),
          createTime: new Date(since),
        })),
        nextPageToken: page.nextPageToken,
      };
    }),

    listFriendRequests: calls.authenticated(async (request, { user }) => {
      const page = await pageById(
        'ListFriendRequests',
        request,
        SIZES,
        (at) => friends.requests(user.id, at),
        (item) => item.user.id,
      );
      return {
        friendRequests: page.items.map(({ user: other, outgoing, createdAt, expiresAt }) => ({
          account: toAccount(other),
          outgoing,
          createTime: new Date(createdAt),
          expireTime: new Date(expiresAt),
        })),
        nextPageToken: page.nextPageToken,
      };
    }),

    blockUser: calls.authenticated(async ({ userId }, { user }) => {
      await friends.block(user.id, toId(userId, 'user_id'));
      return {};
    }),

    unblockUser: calls.authenticated(async ({ userId }, { user }) => {
      await friends.unblock(user.id, toId(userId, 'user_id'));
      return {};
    }),

    listBlockedUsers: calls.authenticated(async (request, { user }) => {
      const page = await pageById(
        'ListBlockedUsers',
        request,
        SIZES,
        (at) => friends.blocked(user.id, at),
        (blocked) => blocked.user.id,
      );
      return {
        blockedUsers: page.items.map(({ user: other, since }) => ({
          account: toAccount(other),
          createTime: new Date(since),
        })),
        nextPageToken: page.nextPageToken,
      };
    }),
  };
}
