import { beforeEach, describe, expect, test } from '@jest/globals';

import type { Group } from '../../../proto/gen/parley/v1/group.pb.ts';
import { GroupServiceService } from '../../../proto/gen/parley/v1/group_service.pb.ts';
import { HistoryServiceService } from '../../../proto/gen/parley/v1/history_service.pb.ts';
import { ENGINES } from '../../cluster/start-server.ts';
import { numbered, send, storyOf, textMessage, toGroup, toUser } from './frames.ts';
import type { RawChat } from './raw-chat.ts';
import type { RawUser } from './raw-user.ts';
import { useStage } from './stage.ts';

describe.each(ENGINES)('a removal, on %s', (engine) => {
  const stage = useStage(engine);
  let ann: RawUser;
  let bob: RawUser;
  let carol: RawUser;
  let annChat: RawChat;
  let bobChat: RawChat;
  let carolChat: RawChat;
  let group: Group;

  beforeEach(async () => {
    [ann, bob, carol] = await stage().users('ann', 'bob', 'carol');
    group = await ann.createGroup('tea');
    await bob.join(group);
    await carol.join(group);
    annChat = await ann.connect();
    bobChat = await bob.connect();
    carolChat = await carol.connect();
  });

  const remove = (by: RawUser, user: RawUser) =>
    by.call(GroupServiceService.removeMember, { groupId: group.id, userId: user.id });

  /** The stream of a user lives, and there is nothing more on it. */
  async function expectNothingMore(user: RawUser, chat: RawChat): Promise<void> {
    await annChat.say(toUser(user.id), 'direct');
    expect(storyOf(await chat.entries(1))).toEqual(['1 direct']);
    await chat.settled();
    expect(chat.waiting).toEqual([]);
  }

  test('is the last entry of who is removed, on all their streams; the others go on', async () => {
    const tablet = await (await bob.logIn('tablet')).connect();
    await annChat.say(toGroup(group.id), 'before');
    await remove(ann, bob);
    await annChat.say(toGroup(group.id), 'after');
    expect(storyOf(await carolChat.entries(3))).toEqual(['4 before', '5 bob removed', '6 after']);
    for (const chat of [bobChat, tablet]) {
      const entries = await chat.entries(2);
      expect(storyOf(entries)).toEqual(['4 before', '5 bob removed']);
      expect(entries[1]).toMatchObject({ senderId: ann.id, body: { value: { userId: bob.id, userName: bob.name } } });
    }
    await annChat.say(toUser(bob.id), 'direct');
    for (const chat of [bobChat, tablet]) {
      expect(storyOf(await chat.entries(1))).toEqual(['1 direct']);
      await chat.settled();
      expect(chat.waiting).toEqual([]);
    }
  });

  test('holds among pipelined sends: all before it is delivered, nothing after it', async () => {
    const messages = numbered('m', 300).map((text) => textMessage(toGroup(group.id), text));
    for (const message of messages.slice(0, 150)) annChat.send(send(message));
    const removed = remove(ann, bob);
    for (const message of messages.slice(150)) annChat.send(send(message));
    await removed;
    const last = await carolChat.say(toGroup(group.id), 'after the answer');
    await annChat.results(300);

    const all = await carolChat.entries(301);
    const end = all.find((entry) => storyOf([entry])[0]?.endsWith('bob removed'))!.seq;
    expect(end).toBeLessThan(last.seq);
    const bobs = all.filter(({ seq }) => seq <= end);
    expect(await bobChat.entries(bobs.length)).toEqual(bobs);
    await expectNothingMore(bob, bobChat);
  });

  test('ends what one may write and be asked for, at once', async () => {
    await remove(ann, bob);
    await expect(bobChat.say(toGroup(group.id), 'too late')).rejects.toMatchObject({ reason: 'NOT_A_MEMBER' });
    await expect(bob.post(textMessage(toGroup(group.id), 'too late'))).rejects.toMatchObject({
      reason: 'NOT_A_MEMBER',
    });
    const members = bob.call(GroupServiceService.listMembers, { groupId: group.id, pageSize: 0, pageToken: '' });
    await expect(members).rejects.toMatchObject({ reason: 'GROUP_NOT_FOUND' });
    const request = {
      conversation: { $case: 'target', value: toGroup(group.id) },
      position: { $case: 'afterSeq', value: 0n },
      pageSize: 0,
      pageToken: '',
    } as const;
    await annChat.say(toGroup(group.id), 'secret');
    const { messages } = await bob.call(HistoryServiceService.listMessages, request);
    expect(storyOf(messages)).toEqual(['2 bob joined', '3 carol joined', '4 bob removed']);
    expect(await bob.conversations()).toMatchObject([{ closed: true, lastMessage: { seq: 4n } }]);
  });

  test('is told to who was away, after what they had missed', async () => {
    await bobChat.finish();
    await annChat.say(toGroup(group.id), 'while away');
    await remove(ann, bob);
    await annChat.say(toGroup(group.id), 'secret');
    const { chat, waited } = await bob.resume();
    const told = waited.flatMap((frame) => (frame.$case === 'deliver' ? storyOf(frame.value.messages) : frame.$case));
    expect(told.slice(-2)).toEqual(['4 while away', '5 bob removed']);
    await expectNothingMore(bob, chat);
  });

  test('is repeated without an effect, and is for admins', async () => {
    await expect(remove(carol, bob)).rejects.toMatchObject({ reason: 'ROLE_INSUFFICIENT' });
    await remove(ann, bob);
    await remove(ann, bob);
    await expect(remove(bob, carol)).rejects.toMatchObject({ reason: 'GROUP_NOT_FOUND' });
    await expect(remove(ann, ann)).rejects.toMatchObject({ reason: 'ROLE_INSUFFICIENT' });
    await annChat.say(toGroup(group.id), 'next');
    expect(storyOf(await carolChat.entries(2))).toEqual(['4 bob removed', '5 next']);
  });
});
