import { beforeEach, describe, expect, test } from '@jest/globals';

import type { Receipt } from '../../proto/gen/parley/v1/chat.pb.ts';
import { ack, numbered, read, storyOf, textMessage, textOf, toGroup, toUser } from '../e2e/protocol/frames.ts';
import type { RawChat } from '../e2e/protocol/raw-chat.ts';
import type { RawUser } from '../e2e/protocol/raw-user.ts';
import { useCluster } from './cluster-stage.ts';

const stage = useCluster();

let ann: RawUser;
let bob: RawUser;
let carol: RawUser;

beforeEach(async () => {
  [ann, bob, carol] = await stage().users('ann', 'bob', 'carol');
});

async function expectQuiet(...chats: readonly RawChat[]): Promise<void> {
  for (const chat of chats) {
    await chat.settled();
    expect(chat.waiting).not.toContain('deliver');
  }
}

/** Takes receipts until one says this. */
async function receiptOf(chat: RawChat, wanted: Receipt): Promise<void> {
  for (;;) {
    const { receipts } = await chat.next('receipts');
    for (const receipt of receipts) {
      if (receipt.deliveredSeq !== wanted.deliveredSeq || receipt.readSeq !== wanted.readSeq) continue;
      expect(receipt).toEqual(wanted);
      return;
    }
  }
}

describe('between users on different replicas', () => {
  test('two talk, each message once and in order', async () => {
    const [annChat, bobChat] = [await ann.connect(), await bob.connect()];
    for (const round of numbered('round', 5)) {
      await annChat.say(toUser(bob.id), `${round}, ann`);
      expect((await bobChat.entries(1)).map(textOf)).toEqual([`${round}, ann`]);
      await bobChat.say(toUser(ann.id), `${round}, bob`);
      expect((await annChat.entries(1)).map(textOf)).toEqual([`${round}, bob`]);
    }
    await expectQuiet(annChat, bobChat);
  });

  test('the first message of all reaches who never heard of the sender', async () => {
    const bobChat = await bob.connect();
    const { conversationId } = await ann.post(textMessage(toUser(bob.id), 'hello'));
    expect(await bobChat.entries(1)).toMatchObject([{ conversationId, seq: 1n, senderId: ann.id }]);
  });

  test('two who write to each other first at the same time have one conversation', async () => {
    const [one, two] = await Promise.all([
      ann.post(textMessage(toUser(bob.id), 'from ann')),
      bob.post(textMessage(toUser(ann.id), 'from bob')),
    ]);
    expect(one.conversationId).toBe(two.conversationId);
    expect([one.seq, two.seq].toSorted()).toEqual([1n, 2n]);
  });

  test('a group’s members hear who comes, and everything that is said, in the same order', async () => {
    const annChat = await ann.connect();
    const group = await ann.createGroup('tea');
    const [bobChat, carolChat] = [await bob.connect(), await carol.connect()];
    await bob.join(group);
    await carol.join(group);
    expect(storyOf(await annChat.entries(3))).toEqual(['1 ann joined', '2 bob joined', '3 carol joined']);
    expect(storyOf(await bobChat.entries(2))).toEqual(['2 bob joined', '3 carol joined']);
    expect(storyOf(await carolChat.entries(1))).toEqual(['3 carol joined']);

    const everybody = [ann, bob, carol].map((user, index) => ({ user, chat: [annChat, bobChat, carolChat][index]! }));
    const sent = await Promise.all(
      everybody.map(async ({ user, chat }) => {
        const texts = numbered(user.name, 50);
        for (const text of texts) await chat.say(toGroup(group.id), text);
        return texts;
      }),
    );
    const log = (await ann.history(group.conversationId)).slice(3);
    expect(log.map(({ seq }) => seq)).toEqual(Array.from({ length: 150 }, (_, index) => BigInt(index + 4)));
    for (const [index, { user, chat }] of everybody.entries()) {
      const others = log.filter(({ senderId }) => senderId !== user.id);
      expect((await chat.entries(100)).map(({ seq }) => seq)).toEqual(others.map(({ seq }) => seq));
      expect(log.filter(({ senderId }) => senderId === user.id).map(textOf)).toEqual(sent[index]);
    }
    await expectQuiet(annChat, bobChat, carolChat);
  });

  test('what was said to somebody who wasn’t there waits for them on any replica', async () => {
    for (const text of numbered('m', 3)) await ann.post(textMessage(toUser(bob.id), text));
    for (const door of stage().replicas) {
      expect(await door.as(bob).conversations()).toMatchObject([{ unreadCount: 3n }]);
    }
    const { waited } = await stage().replicas[2]!.as(bob).resume();
    const entries = waited.flatMap((frame) => (frame.$case === 'deliver' ? frame.value.messages : []));
    expect(entries.map(textOf)).toEqual(numbered('m', 3));
  });

  test('a message that is sent again on another replica is stored once, with the same receipt', async () => {
    const bobChat = await bob.connect();
    const message = textMessage(toUser(bob.id), 'once');
    const doors = stage().replicas.map((door) => door.as(ann));
    const receipts = await Promise.all(doors.map((door) => door.post(message)));
    const again = await carolsDoor().as(ann).post(message);
    for (const receipt of receipts) expect(receipt).toEqual(again);
    expect((await ann.history(again.conversationId)).map(textOf)).toEqual(['once']);
    expect((await bobChat.entries(1)).map(textOf)).toEqual(['once']);
    await expectQuiet(bobChat);
  });

  const carolsDoor = () => stage().replicas[2]!;
});

describe('a user with devices on several replicas', () => {
  test('each gets everything but what it sent itself', async () => {
    const bobChat = await bob.connect();
    const desk = await ann.connect();
    const phone = await (await stage().device(ann, 1, 'phone')).connect();
    const tablet = await (await stage().device(ann, 2, 'tablet')).connect();
    await bobChat.say(toUser(ann.id), 'to all of them');
    for (const chat of [desk, phone, tablet]) expect((await chat.entries(1)).map(textOf)).toEqual(['to all of them']);
    await desk.say(toUser(bob.id), 'from the desk');
    for (const chat of [phone, tablet, bobChat]) {
      expect((await chat.entries(1)).map(textOf)).toEqual(['from the desk']);
    }
    await expectQuiet(desk, phone, tablet, bobChat);
  });

  test('what one acknowledges and reads is told to the others and to the sender, and holds everywhere', async () => {
    const bobChat = await bob.connect();
    const desk = await ann.connect();
    const phone = await (await stage().device(ann, 2, 'phone')).connect();
    let conversationId = 0n;
    for (const text of numbered('m', 4)) ({ conversationId } = await bobChat.say(toUser(ann.id), text));
    for (const chat of [desk, phone]) await chat.entries(4);

    desk.send(ack({ conversationId, seq: 4n }), read({ conversationId, seq: 3n }));
    const told = { conversationId, userId: ann.id, deliveredSeq: 4n, readSeq: 3n };
    await receiptOf(phone, told);
    await receiptOf(bobChat, told);
    for (const door of stage().replicas) {
      expect(await door.as(ann).conversations()).toMatchObject([
        { cursor: { deliveredSeq: 4n, readSeq: 3n }, unreadCount: 1n },
      ]);
      const { waited } = await door.as(ann).resume();
      expect(waited.map(({ $case }) => $case)).not.toContain('deliver');
    }
  });
});

describe('through nginx', () => {
  test('streams are spread over the replicas, and all hear all', async () => {
    const people = await Promise.all(Array.from({ length: 12 }, (_, index) => stage().front.user(`user-${index}`)));
    const [owner, ...others] = people as [RawUser, ...RawUser[]];
    const group = await owner.createGroup('everybody');
    for (const other of others) await other.join(group);
    const chats = await Promise.all(people.map((user) => user.connect()));
    const texts = numbered('m', 10);
    for (const text of texts) await chats[0]!.say(toGroup(group.id), text);
    for (const chat of chats.slice(1)) expect((await chat.entries(10)).map(textOf)).toEqual(texts);
    await Promise.all(chats.map((chat) => chat.finish()));

    const isStream = ({ call }: { readonly call: string }) => call === '/parley.v1.ChatService/Chat';
    const streams = await stage().cluster.front.accessLog.logged(isStream, chats.length);
    const replicas = stage().cluster.replicas.map(({ address }) => address);
    expect(new Set(streams.map(({ upstream }) => upstream))).toEqual(new Set(replicas));
  });
});
