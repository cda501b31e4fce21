import { FriendServiceClient } from '../../proto/gen/parley/v1/friend_service.pb.ts';
import { fromUserRef } from './auth-api.ts';
import type { UserRef } from './auth-api.ts';
import type { BlockedUser, Friend, FriendRequest, FriendStatus, Page, PageOptions } from './types.ts';
import type { UnaryCaller, UnaryOptions } from './unary-caller.ts';
import { friendStatus } from './wire-enums.ts';
import { toAccountAndTime, toFriend, toFriendRequest, toInt64, toNumber } from './wire.ts';

/**
 * Friends: both sides agree. Each call is a no-op where the state already holds, so a retry is harmless. The errors of
 * each method are those of its rpc in `friend_service.proto`, as ParleyError.
 */
export class FriendsApi {
  readonly #caller: UnaryCaller;
  readonly #service: FriendServiceClient;

  constructor(caller: UnaryCaller) {
    this.#caller = caller;
    this.#service = caller.service(FriendServiceClient);
  }

  /** Asks a user to be friends; `accepted` where that user had asked already, or they were friends. */
  async add(user: UserRef, options?: UnaryOptions): Promise<{ status: FriendStatus; userId: number }> {
    const service = this.#service;
    const request = { user: fromUserRef(user) };
    const { status, userId } = await this.#caller.call(service.addFriend.bind(service), request, options);
    return { status: friendStatus(status), userId: toNumber(userId) };
  }

  /** Accepts the request of a user. */
  async accept(userId: number, options?: UnaryOptions): Promise<void> {
    const service = this.#service;
    await this.#caller.call(service.acceptFriend.bind(service), { userId: toInt64(userId) }, options);
  }

  /** Declines the request of a user, without telling them. */
  async decline(userId: number, options?: UnaryOptions): Promise<void> {
    const service = this.#service;
    await this.#caller.call(service.declineFriend.bind(service), { userId: toInt64(userId) }, options);
  }

  /** Ends a friendship, on both sides, or takes an own request back. */
  async remove(userId: number, options?: UnaryOptions): Promise<void> {
    const service = this.#service;
    await this.#caller.call(service.removeFriend.bind(service), { userId: toInt64(userId) }, options);
  }

  /** Lists one's friends with their presence, by user id. */
  async list(page: PageOptions = {}, options?: UnaryOptions): Promise<Page<Friend>> {
    const service = this.#service;
    const request = { pageSize: page.pageSize ?? 0, pageToken: page.pageToken ?? '' };
    const response = await this.#caller.call(service.listFriends.bind(service), request, options);
    return { items: response.friends.map(toFriend), nextPageToken: response.nextPageToken };
  }

  /** Lists the requests that wait for an answer, incoming and outgoing, by user id. */
  async listRequests(page: PageOptions = {}, options?: UnaryOptions): Promise<Page<FriendRequest>> {
    const service = this.#service;
    const request = { pageSize: page.pageSize ?? 0, pageToken: page.pageToken ?? '' };
    const response = await this.#caller.call(service.listFriendRequests.bind(service), request, options);
    return { items: response.friendRequests.map(toFriendRequest), nextPageToken: response.nextPageToken };
  }

  /** Blocks a user; ends a friendship. */
  async block(userId: number, options?: UnaryOptions): Promise<void> {
    const service = this.#service;
    await this.#caller.call(service.blockUser.bind(service), { userId: toInt64(userId) }, options);
  }

  /** Ends a block. */
  async unblock(userId: number, options?: UnaryOptions): Promise<void> {
    const service = this.#service;
    await this.#caller.call(service.unblockUser.bind(service), { userId: toInt64(userId) }, options);
  }

  /** Lists the users whom the caller has blocked, by user id. */
  async listBlocked(page: PageOptions = {}, options?: UnaryOptions): Promise<Page<BlockedUser>> {
    const service = this.#service;
    const request = { pageSize: page.pageSize ?? 0, pageToken: page.pageToken ?? '' };
    const response = await this.#caller.call(service.listBlockedUsers.bind(service), request, options);
    return { items: response.blockedUsers.map(toAccountAndTime), nextPageToken: response.nextPageToken };
  }
}
