import { status } from '@grpc/grpc-js';
import { beforeEach, describe, expect, test } from '@jest/globals';

import { ChatServiceService } from '../../../proto/gen/parley/v1/chat_service.pb.ts';
import { FriendStatus } from '../../../proto/gen/parley/v1/friend.pb.ts';
import { FriendServiceService } from '../../../proto/gen/parley/v1/friend_service.pb.ts';
import { HistoryServiceService } from '../../../proto/gen/parley/v1/history_service.pb.ts';
import { ENGINES } from '../../cluster/start-server.ts';
import { textMessage, textOf, toGroup, toUser } from './frames.ts';
import type { RawUser } from './raw-user.ts';
import type { CallFailed } from './rich-status.ts';
import { useStage } from './stage.ts';

const UNAVAILABLE = { code: status.PERMISSION_DENIED, reason: 'RECIPIENT_UNAVAILABLE' };
const FIRST_PAGE = { pageSize: 0, pageToken: '' };
const REQUESTED = FriendStatus.FRIEND_STATUS_REQUESTED;

const block = (user: RawUser, other: RawUser) => user.call(FriendServiceService.blockUser, { userId: other.id });
const unblock = (user: RawUser, other: RawUser) => user.call(FriendServiceService.unblockUser, { userId: other.id });
const add = async (user: RawUser, other: RawUser) =>
  (await user.call(FriendServiceService.addFriend, { user: { $case: 'userId', value: other.id } })).status;
const blockedBy = async (user: RawUser) =>
  (await user.call(FriendServiceService.listBlockedUsers, FIRST_PAGE)).blockedUsers;
const requestsOf = async (user: RawUser) =>
  (await user.call(FriendServiceService.listFriendRequests, FIRST_PAGE)).friendRequests;
const friendsOf = async (user: RawUser) => (await user.call(FriendServiceService.listFriends, FIRST_PAGE)).friends;

async function befriend(user: RawUser, other: RawUser): Promise<void> {
  await add(user, other);
  await other.call(FriendServiceService.acceptFriend, { userId: user.id });
}

describe.each(ENGINES)('blocking, on %s', (engine) => {
  const stage = useStage(engine);
  let ann: RawUser;
  let bob: RawUser;
  beforeEach(async () => {
    [ann, bob] = await stage().users('ann', 'bob');
  });

  test('neither of the two can write to the other, from the very next message until it ends', async () => {
    const [annChat, bobChat] = [await ann.connect(), await bob.connect()];
    await annChat.say(toUser(bob.id), 'before');
    await block(ann, bob);
    await block(ann, bob);
    for (const [chat, other] of [[annChat, bob] as const, [bobChat, ann] as const]) {
      await expect(chat.say(toUser(other.id), 'no')).rejects.toMatchObject(UNAVAILABLE);
    }
    await expect(bob.post(textMessage(toUser(ann.id), 'no'))).rejects.toMatchObject(UNAVAILABLE);
    await unblock(ann, bob);
    await unblock(ann, bob);
    await bobChat.say(toUser(ann.id), 'after');
    expect((await annChat.entries(1)).map(textOf)).toEqual(['after']);
  });

  test('holds also for two who never spoke, and shows the blocked one no conversation', async () => {
    await block(ann, bob);
    await expect(bob.post(textMessage(toUser(ann.id), 'hello'))).rejects.toMatchObject(UNAVAILABLE);
    expect(await bob.conversations()).toEqual([]);
    expect(await ann.conversations()).toEqual([]);
  });

  test('makes no conversation that the blocked one could find by its id', async () => {
    const carol = (await stage().users('carol'))[0];
    const { receipt } = await ann.call(ChatServiceService.sendMessage, {
      message: textMessage(toUser(carol.id), 'the last id that is taken'),
    });
    await block(ann, bob);
    const id = receipt!.conversationId + 1n;
    const conversation = { $case: 'conversationId', value: id } as const;
    const missing = { code: status.NOT_FOUND, reason: 'CONVERSATION_NOT_FOUND' };
    const refusals = [
      bob.call(HistoryServiceService.listMessages, { conversation, position: undefined, ...FIRST_PAGE }),
      bob.call(HistoryServiceService.listReceipts, { conversation, ...FIRST_PAGE }),
      bob.call(HistoryServiceService.searchMessages, { query: 'last', conversationId: id, ...FIRST_PAGE }),
    ];
    for (const refused of refusals) await expect(refused).rejects.toMatchObject(missing);

    // It is there, and found as soon as something is said.
    await unblock(ann, bob);
    const said = await bob.call(ChatServiceService.sendMessage, { message: textMessage(toUser(ann.id), 'hello') });
    expect(said.receipt?.conversationId).toBe(id);
    const found = await bob.call(HistoryServiceService.listMessages, {
      conversation,
      position: undefined,
      ...FIRST_PAGE,
    });
    expect(found.messages.map(textOf)).toEqual(['hello']);
  });

  test('shows whom one has blocked, by id, page by page, and only to oneself', async () => {
    const others = await stage().users('a', 'b', 'c');
    for (const other of others) await block(ann, other);
    const blocked = await blockedBy(ann);
    const ascending = others.toSorted((x, y) => Number(x.id - y.id));
    expect(blocked.map(({ account }) => account!.name)).toEqual(ascending.map(({ name }) => name));
    expect(Math.abs(blocked[0]!.createTime!.getTime() - Date.now())).toBeLessThan(60_000);
    const first = await ann.call(FriendServiceService.listBlockedUsers, { pageSize: 2, pageToken: '' });
    const rest = { pageSize: 2, pageToken: first.nextPageToken };
    const second = await ann.call(FriendServiceService.listBlockedUsers, rest);
    expect([...first.blockedUsers, ...second.blockedUsers]).toEqual(blocked);
    expect(second.nextPageToken).toBe('');
    for (const other of others) expect(await blockedBy(other)).toEqual([]);
  });

  test('ends a friendship on both sides, and the end of the block brings none back', async () => {
    await befriend(ann, bob);
    await block(ann, bob);
    expect(await friendsOf(ann)).toEqual([]);
    expect(await friendsOf(bob)).toEqual([]);
    await unblock(ann, bob);
    expect(await friendsOf(ann)).toEqual([]);
    expect(await blockedBy(ann)).toEqual([]);
    await befriend(ann, bob);
  });

  test('in a group that both are in, both go on', async () => {
    const group = await ann.createGroup('tea');
    await bob.join(group);
    await block(ann, bob);
    const [annChat, bobChat] = [await ann.connect(), await bob.connect()];
    await bobChat.say(toGroup(group.id), 'from bob');
    expect((await annChat.entries(1)).map(textOf)).toEqual(['from bob']);
    await annChat.say(toGroup(group.id), 'from ann');
    expect((await bobChat.entries(1)).map(textOf)).toEqual(['from ann']);
  });

  test('of both by the other ends with the last of the two', async () => {
    await Promise.all([block(ann, bob), block(bob, ann)]);
    await unblock(ann, bob);
    await expect(ann.post(textMessage(toUser(bob.id), 'no'))).rejects.toMatchObject(UNAVAILABLE);
    expect(await blockedBy(bob)).toHaveLength(1);
    await unblock(bob, ann);
    await ann.post(textMessage(toUser(bob.id), 'yes'));
  });

  test('oneself, and nobody, can not be blocked; whoever blocks can not add', async () => {
    await expect(block(ann, ann)).rejects.toMatchObject({ code: status.INVALID_ARGUMENT, reason: 'SELF_NOT_ALLOWED' });
    const nobody = { userId: 9_007_199_254_740_991n };
    await expect(ann.call(FriendServiceService.blockUser, nobody)).rejects.toMatchObject({
      code: status.NOT_FOUND,
      reason: 'USER_NOT_FOUND',
    });
    await ann.call(FriendServiceService.unblockUser, nobody);
    await expect(block(ann, { id: 0n } as RawUser)).rejects.toMatchObject({ fields: ['user_id'] });
    await block(ann, bob);
    await expect(add(ann, bob)).rejects.toMatchObject(UNAVAILABLE);
  });
});

/**
 * Bob is blocked by ann and told by carol, in another way, that she is no friend of his. Whatever he asks, both give
 * him the same answer.
 */
describe.each(ENGINES)('who is blocked can’t tell, on %s, where friends only may write', (engine) => {
  const stage = useStage(engine, { PARLEY_DIRECT_MESSAGES: 'friends' });
  let ann: RawUser;
  let bob: RawUser;
  let carol: RawUser;
  beforeEach(async () => {
    [ann, bob, carol] = await stage().users('ann', 'bob', 'carol');
  });

  /** What bob is told, without who it is about and when. */
  async function everythingBobSees(other: RawUser) {
    const conversation = { $case: 'target', value: toUser(other.id) } as const;
    const history = await bob
      .call(HistoryServiceService.listMessages, { conversation, position: undefined, ...FIRST_PAGE })
      .then(({ messages }) => messages.map(textOf))
      .catch((error: CallFailed) => error);
    const refusal = await bob.post(textMessage(toUser(other.id), 'hello')).catch((error: CallFailed) => error);
    const accepted = await bob
      .call(FriendServiceService.acceptFriend, { userId: other.id })
      .catch((error: CallFailed) => error);
    const about = (account: { id: bigint } | undefined) => account!.id === other.id;
    return {
      history,
      refusal,
      accepted,
      friends: (await friendsOf(bob)).filter(({ account }) => about(account)),
      requests: (await requestsOf(bob))
        .filter(({ account }) => about(account))
        .map(({ outgoing, createTime, expireTime }) => [outgoing, Number(expireTime) - Number(createTime)]),
      conversations: (await bob.conversations()).filter(({ peer }) => about(peer)).map(({ closed }) => closed),
    };
  }

  async function expectTheSame(): Promise<void> {
    expect(await everythingBobSees(ann)).toEqual(await everythingBobSees(carol));
  }

  test('as a stranger, who asks, asks again, takes it back, and asks once more', async () => {
    await block(ann, bob);
    await expectTheSame();
    for (const other of [ann, carol]) expect(await add(bob, other)).toBe(REQUESTED);
    await expectTheSame();
    for (const other of [ann, carol]) expect(await add(bob, other)).toBe(REQUESTED);
    await expectTheSame();
    for (const other of [ann, carol]) await bob.call(FriendServiceService.removeFriend, { userId: other.id });
    await expectTheSame();
    for (const other of [ann, carol]) expect(await add(bob, other)).toBe(REQUESTED);
    await expectTheSame();
    expect(await requestsOf(ann)).toEqual([]);
    expect(await requestsOf(carol)).toHaveLength(1);
  });

  test('as one whose request is open', async () => {
    for (const other of [ann, carol]) await add(bob, other);
    await block(ann, bob);
    await expectTheSame();
    expect(await requestsOf(ann)).toEqual([]);
    await unblock(ann, bob);
    expect(await requestsOf(ann)).toMatchObject([{ account: { id: bob.id }, outgoing: false }]);
    await expectTheSame();
  });

  test('as one who is asked, where the request seems to be taken back', async () => {
    for (const other of [ann, carol]) await add(other, bob);
    await block(ann, bob);
    await carol.call(FriendServiceService.removeFriend, { userId: bob.id });
    await expectTheSame();
    for (const other of [ann, carol]) expect(await add(bob, other)).toBe(REQUESTED);
    await expectTheSame();
  });

  test('as a friend, who seems to be one no longer', async () => {
    for (const other of [ann, carol]) await befriend(bob, other);
    for (const other of [ann, carol]) await bob.post(textMessage(toUser(other.id), 'hello'));
    await block(ann, bob);
    await carol.call(FriendServiceService.removeFriend, { userId: bob.id });
    await expectTheSame();
    for (const other of [ann, carol]) await block(bob, other);
    await expectTheSame();
  });
});
