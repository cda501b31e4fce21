import { status } from '@grpc/grpc-js';
import { beforeEach, describe, expect, test } from '@jest/globals';

import { AuthServiceService } from '../../../proto/gen/parley/v1/auth_service.pb.ts';
import { FriendServiceService } from '../../../proto/gen/parley/v1/friend_service.pb.ts';
import { GroupRole } from '../../../proto/gen/parley/v1/group.pb.ts';
import { GroupServiceService } from '../../../proto/gen/parley/v1/group_service.pb.ts';
import { HistoryServiceService } from '../../../proto/gen/parley/v1/history_service.pb.ts';
import { ENGINES } from '../../cluster/start-server.ts';
import { textMessage, textOf, toUser } from './frames.ts';
import { PASSWORD, type RawUser } from './raw-user.ts';
import { useStage } from './stage.ts';

const NOT_FOUND = { code: status.NOT_FOUND, reason: 'USER_NOT_FOUND' };
const REVOKED = { code: status.UNAUTHENTICATED, reason: 'TOKEN_INVALID' };
const WRONG = { code: status.UNAUTHENTICATED, reason: 'CREDENTIALS_INVALID' };
const UNAVAILABLE = { code: status.PERMISSION_DENIED, reason: 'RECIPIENT_UNAVAILABLE' };
const FIRST_PAGE = { pageSize: 0, pageToken: '' };

describe.each(ENGINES)('DeleteAccount, on %s', (engine) => {
  const stage = useStage(engine);
  let ann: RawUser;
  let bob: RawUser;
  beforeEach(async () => {
    [ann, bob] = await stage().users('ann', 'bob');
  });

  const remove = (user: RawUser, password = PASSWORD) => user.call(AuthServiceService.deleteAccount, { password });
  const byId = (id: bigint) => ({ user: { $case: 'userId', value: id } }) as const;
  const byName = (name: string) => ({ user: { $case: 'name', value: name } }) as const;

  test('wants the password, and does nothing without it', async () => {
    await expect(remove(ann, 'wrong password')).rejects.toMatchObject(WRONG);
    expect((await ann.call(AuthServiceService.getAccount, { user: undefined })).account).toMatchObject({
      name: ann.name,
      deleted: false,
    });
  });

  test('ends every session and stream at once', async () => {
    const phone = await ann.logIn('phone');
    const chats = [await ann.connect(), await phone.connect()];
    await remove(ann);
    for (const chat of chats) expect(await chat.status()).toMatchObject(REVOKED);
    for (const device of [ann, phone]) await expect(remove(device)).rejects.toMatchObject(REVOKED);
  });

  test('asked for twice at once, is done', async () => {
    const results = await Promise.allSettled([remove(ann), remove(ann)]);
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: status.UNAUTHENTICATED });
    }
    expect(results.map((result) => result.status)).toContain('fulfilled');
    await expect(bob.call(AuthServiceService.getAccount, byId(ann.id))).rejects.toMatchObject(NOT_FOUND);
  });

  test('leaves nobody to log in to, to find or to add, as if there had never been one', async () => {
    await remove(ann);
    const never = { $case: 'userId', value: 9_007_199_254_740_991n } as const;
    const logIn = (user: (ReturnType<typeof byId> | ReturnType<typeof byName>)['user']) =>
      stage()
        .caller.call(AuthServiceService.login, { user, password: PASSWORD, deviceName: '' })
        .catch((error: unknown) => error);
    expect(await logIn(byId(ann.id).user)).toEqual(await logIn(never));
    expect(await logIn(byName(ann.name).user)).toMatchObject(WRONG);
    for (const user of [byId(ann.id), byName(ann.name), byName('deleted user'), byName(`:${ann.id}`)]) {
      await expect(bob.call(AuthServiceService.getAccount, user)).rejects.toMatchObject(NOT_FOUND);
      await expect(bob.call(FriendServiceService.addFriend, user)).rejects.toMatchObject(NOT_FOUND);
    }
    await expect(bob.call(FriendServiceService.blockUser, { userId: ann.id })).rejects.toMatchObject(NOT_FOUND);
  });

  test('makes the name free for another account', async () => {
    await remove(ann);
    const request = { name: ann.name.toUpperCase(), password: PASSWORD };
    const { account } = await stage().caller.call(AuthServiceService.register, request);
    expect(account!.id).not.toBe(ann.id);
    expect((await bob.call(AuthServiceService.getAccount, byName(ann.name))).account).toEqual(account);
  });

  test('nobody can write to it any more, whether they knew it or not; what was sent has its receipt', async () => {
    const carol = await stage().user('carol');
    const bobChat = await bob.connect();
    const message = textMessage(toUser(ann.id), 'then');
    const receipt = await bob.post(message);
    await ann.post(textMessage(toUser(bob.id), 'my last words'));
    await remove(ann);
    await expect(bobChat.say(toUser(ann.id), 'now')).rejects.toMatchObject(UNAVAILABLE);
    await expect(bob.post(textMessage(toUser(ann.id), 'now'))).rejects.toMatchObject(UNAVAILABLE);
    await expect(carol.post(textMessage(toUser(ann.id), 'hello'))).rejects.toMatchObject(UNAVAILABLE);
    expect(await carol.conversations()).toEqual([]);
    expect(await bob.post(message)).toEqual(receipt);
  });

  test('what it wrote stays with the others, under the name of a deleted user', async () => {
    await ann.post(textMessage(toUser(bob.id), 'my last words'));
    await remove(ann);
    const [conversation] = await bob.conversations();
    expect(conversation).toMatchObject({
      title: 'deleted user',
      peer: { id: ann.id, name: 'deleted user', deleted: true },
      lastMessage: { senderId: ann.id, senderName: 'deleted user' },
      unreadCount: 1n,
    });
    const request = {
      conversation: { $case: 'target', value: toUser(ann.id) },
      position: undefined,
      ...FIRST_PAGE,
    } as const;
    const { messages } = await bob.call(HistoryServiceService.listMessages, request);
    expect(messages.map(textOf)).toEqual(['my last words']);
  });

  test('ends friendships, requests and blocks of both directions', async () => {
    const others = await stage().users('friend', 'asked', 'asking', 'blocked');
    const [friend, asked, asking, blocked] = others;
    await ann.call(FriendServiceService.addFriend, byId(friend.id));
    await friend.call(FriendServiceService.acceptFriend, { userId: ann.id });
    await ann.call(FriendServiceService.addFriend, byId(asked.id));
    await asking.call(FriendServiceService.addFriend, byId(ann.id));
    await ann.call(FriendServiceService.blockUser, { userId: blocked.id });
    await bob.call(FriendServiceService.blockUser, { userId: ann.id });
    await remove(ann);
    for (const other of [...others, bob]) {
      expect((await other.call(FriendServiceService.listFriends, FIRST_PAGE)).friends).toEqual([]);
      expect((await other.call(FriendServiceService.listFriendRequests, FIRST_PAGE)).friendRequests).toEqual([]);
      expect((await other.call(FriendServiceService.listBlockedUsers, FIRST_PAGE)).blockedUsers).toEqual([]);
    }
    await expect(asked.call(FriendServiceService.acceptFriend, { userId: ann.id })).rejects.toMatchObject({
      reason: 'FRIEND_REQUEST_NOT_FOUND',
    });
    for (const rpc of ['declineFriend', 'removeFriend', 'unblockUser'] as const) {
      await bob.call(FriendServiceService[rpc], { userId: ann.id });
    }
  });

  test('leaves its groups, which others go on with', async () => {
    const group = await ann.createGroup('tea');
    await bob.join(group);
    const other = await bob.createGroup('coffee');
    await ann.join(other);
    await remove(ann);
    for (const { id } of [group, other]) {
      const { members } = await bob.call(GroupServiceService.listMembers, { groupId: id, ...FIRST_PAGE });
      expect(members).toMatchObject([{ account: { id: bob.id }, role: GroupRole.GROUP_ROLE_OWNER }]);
    }
    const [tea] = (await bob.conversations()).filter(({ title }) => title === 'tea');
    expect(tea!.lastMessage).toMatchObject({ body: { value: { userId: ann.id, userName: 'deleted user' } } });
  });
});
