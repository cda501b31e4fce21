import { status } from '@grpc/grpc-js';
import { beforeEach, describe, expect, test } from '@jest/globals';

import { FriendServiceService } from '../../../proto/gen/parley/v1/friend_service.pb.ts';
import { ENGINES } from '../../cluster/start-server.ts';
import { toGroup, toUser, typing } from './frames.ts';
import type { RawChat } from './raw-chat.ts';
import type { RawUser } from './raw-user.ts';
import { readStatus } from './rich-status.ts';
import { useStage } from './stage.ts';

/** The last id of a group that there is not. */
let nobodys = 9_000_000_000_000_000n;

describe.each(ENGINES)('typing, on %s', (engine) => {
  const stage = useStage(engine);
  let ann: RawUser;
  let bob: RawUser;
  let annChat: RawChat;
  let bobChat: RawChat;

  beforeEach(async () => {
    [ann, bob] = await stage().users('ann', 'bob');
    [annChat, bobChat] = [await ann.connect(), await bob.connect()];
  });

  async function refusal(chat: RawChat) {
    const { error, ...rest } = await chat.next('frameError');
    return { ...rest, ...readStatus(error!) };
  }

  /** A stream's frames are judged in order: with this refusal, all that it said of typing before has been told. */
  async function judged(chat: RawChat): Promise<void> {
    nobodys += 1n;
    chat.send(typing(toGroup(nobodys)));
    expect(await refusal(chat)).toMatchObject({ reason: 'NOT_A_MEMBER' });
  }

  async function nothingFor(...chats: RawChat[]): Promise<void> {
    for (const chat of chats) {
      await chat.settled();
      expect(chat.waiting.filter((kind) => kind === 'typing' || kind === 'frameError')).toEqual([]);
    }
  }

  describe('to a user', () => {
    let conversationId: bigint;

    beforeEach(async () => {
      ({ conversationId } = await annChat.say(toUser(bob.id), 'hello'));
      await bobChat.entries(1);
    });

    test('is told on all devices of the other one, and on none of one’s own', async () => {
      const [phone, tablet] = [await (await ann.logIn()).connect(), await (await bob.logIn()).connect()];
      annChat.send(typing(toUser(bob.id)));
      const told = { conversationId, userId: ann.id, target: toUser(bob.id), stopped: false };
      for (const chat of [bobChat, tablet]) expect(await chat.next('typing')).toEqual(told);
      annChat.send(typing(toUser(bob.id), true));
      for (const chat of [bobChat, tablet]) expect(await chat.next('typing')).toEqual({ ...told, stopped: true });
      await nothingFor(annChat, phone);
    });

    test('is told once where it is said more often than it should', async () => {
      for (let n = 0; n < 20; n += 1) annChat.send(typing(toUser(bob.id)));
      for (let n = 0; n < 20; n += 1) annChat.send(typing(toUser(bob.id), true));
      const told = [(await bobChat.next('typing')).stopped, (await bobChat.next('typing')).stopped];
      expect(told).toEqual([false, true]);
      await judged(annChat);
      await nothingFor(bobChat);
    });

    test('is not told to who has blocked, and the blocked one can not tell', async () => {
      await bob.call(FriendServiceService.blockUser, { userId: ann.id });
      annChat.send(typing(toUser(bob.id)));
      bobChat.send(typing(toUser(ann.id)));
      for (const chat of [annChat, bobChat]) await judged(chat);
      await nothingFor(annChat, bobChat);
    });

    test('makes no conversation, and is dropped in silence for whom there is none', async () => {
      const carol = await stage().user('carol');
      const carolChat = await carol.connect();
      for (const target of [toUser(carol.id), toUser(ann.id), toUser(9_007_199_254_740_991n)]) {
        annChat.send(typing(target));
      }
      await judged(annChat);
      await nothingFor(annChat, carolChat);
      expect(await carol.conversations()).toEqual([]);
    });
  });

  test('to a group is told to its members, and refused for everybody else', async () => {
    const carol = await stage().user('carol');
    const carolChat = await carol.connect();
    const group = await ann.createGroup('tea');
    await bob.join(group);
    await bobChat.entries(1);
    annChat.send(typing(toGroup(group.id)));
    expect(await bobChat.next('typing')).toEqual({
      conversationId: group.conversationId,
      userId: ann.id,
      target: toGroup(group.id),
      stopped: false,
    });
    carolChat.send(typing(toGroup(group.id)));
    carolChat.send(typing(toGroup(9_007_199_254_740_991n)));
    const refusals = [await refusal(carolChat), await refusal(carolChat)];
    expect(refusals[0]).toMatchObject({
      frame: 'typing',
      conversationId: 0n,
      code: status.PERMISSION_DENIED,
      reason: 'NOT_A_MEMBER',
    });
    expect(refusals[1]).toEqual(refusals[0]);
    await bob.leave(group);
    await bobChat.entries(1);
    bobChat.send(typing(toGroup(group.id)));
    expect(await refusal(bobChat)).toMatchObject({ reason: 'NOT_A_MEMBER' });
    annChat.send(typing(toGroup(group.id), true));
    await judged(annChat);
    await nothingFor(annChat, bobChat, carolChat);
  });

  test.each([
    ['no target', undefined],
    ['a negative user id', toUser(-1n)],
  ])('with %s is refused, and the stream goes on', async (_, target) => {
    annChat.send({ $case: 'typing', value: { target, userId: 0n, stopped: false, conversationId: 0n } });
    expect(await refusal(annChat)).toMatchObject({ frame: 'typing', reason: 'INVALID_FIELD' });
    await annChat.settled();
  });
});

describe.each(ENGINES)('typing where only friends may write, on %s', (engine) => {
  const stage = useStage(engine, { PARLEY_DIRECT_MESSAGES: 'friends' });

  test('is told to friends', async () => {
    const [ann, bob] = await stage().users('ann', 'bob');
    const [annChat, bobChat] = [await ann.connect(), await bob.connect()];
    await ann.call(FriendServiceService.addFriend, { user: { $case: 'userId', value: bob.id } });
    await bob.call(FriendServiceService.acceptFriend, { userId: ann.id });
    await annChat.say(toUser(bob.id), 'hello');
    await bobChat.entries(1);
    annChat.send(typing(toUser(bob.id)));
    expect(await bobChat.next('typing')).toMatchObject({ userId: ann.id });
    await ann.call(FriendServiceService.removeFriend, { userId: bob.id });
    bobChat.send(typing(toUser(ann.id)));
    // What is judged after it, and refused, shows that it has been.
    bobChat.send(typing(toGroup(1n)));
    await bobChat.next('frameError');
    await annChat.settled();
    expect(annChat.waiting).not.toContain('typing');
  });
});
