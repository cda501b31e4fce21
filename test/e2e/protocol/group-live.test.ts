import { beforeEach, describe, expect, test } from '@jest/globals';

import type { Group } from '../../../proto/gen/parley/v1/group.pb.ts';
import { GroupRole } from '../../../proto/gen/parley/v1/group.pb.ts';
import { MembershipChangeKind } from '../../../proto/gen/parley/v1/message.pb.ts';
import { ENGINES } from '../../cluster/start-server.ts';
import { send, storyOf, textMessage, toGroup, toUser } from './frames.ts';
import type { RawChat } from './raw-chat.ts';
import type { RawUser } from './raw-user.ts';
import { useStage } from './stage.ts';

describe.each(ENGINES)('a group while everybody is there, on %s', (engine) => {
  const stage = useStage(engine);
  let ann: RawUser;
  let bob: RawUser;
  let carol: RawUser;
  let annChat: RawChat;
  let bobChat: RawChat;
  let group: Group;

  beforeEach(async () => {
    [ann, bob, carol] = await stage().users('ann', 'bob', 'carol');
    [annChat, bobChat] = [await ann.connect(), await bob.connect()];
    group = await ann.createGroup('tea');
    expect(storyOf(await annChat.entries(1))).toEqual(['1 ann joined']);
  });

  const say = (chat: RawChat, text: string) => chat.say(toGroup(group.id), text);

  test('who joins is given the entry that says so, and everybody what follows', async () => {
    await bob.join(group);
    const [joined] = await bobChat.entries(1);
    expect(joined).toMatchObject({
      conversationId: group.conversationId,
      seq: 2n,
      ordinal: 0n,
      target: toGroup(group.id),
      senderId: bob.id,
      senderName: bob.name,
      clientMessageId: '',
      body: {
        $case: 'membershipChange',
        value: {
          kind: MembershipChangeKind.MEMBERSHIP_CHANGE_KIND_JOINED,
          userId: bob.id,
          userName: bob.name,
          role: GroupRole.GROUP_ROLE_MEMBER,
        },
      },
    });
    expect(storyOf(await annChat.entries(1))).toEqual(['2 bob joined']);
    expect(await say(annChat, 'welcome')).toMatchObject({ seq: 3n, ordinal: 1n });
    expect(storyOf(await bobChat.entries(1))).toEqual(['3 welcome']);
    await say(bobChat, 'thanks');
    expect(storyOf(await annChat.entries(1))).toEqual(['4 thanks']);
  });

  test('who is invited while online starts at once, on all devices, with the invitation', async () => {
    const tablet = await (await bob.logIn('tablet')).connect();
    await say(annChat, 'before');
    await ann.invite(group, bob);
    await say(annChat, 'after');
    for (const chat of [bobChat, tablet]) {
      const entries = await chat.entries(2);
      expect(entries[0]).toMatchObject({ senderId: ann.id, body: { value: { userId: bob.id } } });
      expect(storyOf(entries)).toEqual(['3 bob invited', '4 after']);
      expect(chat.waiting).toEqual([]);
    }
  });

  test('who joins or is invited again while a member changes nothing', async () => {
    await bob.join(group);
    await bob.join(group);
    await ann.invite(group, bob);
    expect(await say(annChat, 'next')).toMatchObject({ seq: 3n });
    expect(storyOf(await bobChat.entries(2))).toEqual(['2 bob joined', '3 next']);
  });

  test('the leave is the last entry of who leaves; nothing comes after', async () => {
    await bob.join(group);
    await bobChat.entries(1);
    await bob.leave(group);
    expect(storyOf(await bobChat.entries(1))).toEqual(['3 bob left']);

    await carol.join(group);
    const carolChat = await carol.connect();
    for (const text of ['one', 'two']) await say(annChat, text);
    expect(storyOf(await carolChat.entries(2))).toEqual(['5 one', '6 two']);
    // Carol was told, so the replica has passed both entries on; a direct message shows that Bob's stream is alive.
    await annChat.say(toUser(bob.id), 'direct');
    expect(storyOf(await bobChat.entries(1))).toEqual(['1 direct']);
    await bobChat.settled();
    expect(bobChat.waiting).toEqual([]);
  });

  test('a stream of who left goes on when they join again, and skips what lay between', async () => {
    await bob.join(group);
    await bob.leave(group);
    for (const text of ['one', 'two']) await say(annChat, text);
    await ann.invite(group, bob);
    await say(annChat, 'three');
    const story: string[] = [];
    while (story.at(-1) !== '7 three') {
      const { $case, value } = await bobChat.take();
      if ($case === 'skip') story.push(`${value.fromSeq}-${value.toSeq} skipped`);
      else if ($case === 'deliver') story.push(...storyOf(value.messages));
      else throw new Error(`a ${$case} among the entries`);
    }
    expect(story).toEqual(['2 bob joined', '3 bob left', '4-5 skipped', '6 bob invited', '7 three']);
  });

  test('members come and go among pipelined sends: each sees exactly their part of one order', async () => {
    const dave = await stage().user('dave');
    const [carolChat, daveChat] = [await carol.connect(), await dave.connect()];
    await bob.join(group);
    const messages = Array.from({ length: 300 }, (_, index) => textMessage(toGroup(group.id), `m ${index}`));
    const changes = [carol.join(group), dave.join(group).then(() => dave.leave(group))];
    for (const message of messages) annChat.send(send(message));
    await Promise.all(changes);
    await annChat.results(300);
    const last = await say(annChat, 'last');

    const all = await bobChat.entries(Number(last.seq) - 1);
    expect(all.map(({ seq }) => seq)).toEqual(Array.from({ length: all.length }, (_, index) => BigInt(index + 2)));
    const seqOf = (change: string) => all.find((entry) => storyOf([entry])[0]?.endsWith(change))!.seq;
    const carols = all.filter(({ seq }) => seq >= seqOf('carol joined'));
    expect(await carolChat.entries(carols.length)).toEqual(carols);
    const daves = all.filter(({ seq }) => seq >= seqOf('dave joined') && seq <= seqOf('dave left'));
    expect(await daveChat.entries(daves.length)).toEqual(daves);
    await annChat.say(toUser(dave.id), 'direct');
    expect(storyOf(await daveChat.entries(1))).toEqual(['1 direct']);
  });
});
