import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { openMemoryStore } from '../../test/domain/domain.ts';
import { forgetfulStore } from '../../test/domain/forgetful-store.ts';
import { MessageScene, type Person } from '../../test/domain/message-scene.ts';
import type { EntryKey } from '../store/seam/log.ts';
import type { Store } from '../store/seam/store.ts';
import { recallMessage } from './recall-message.ts';

let store: Store;
let scene: MessageScene;
let id: number;

beforeAll(async () => {
  store = await openMemoryStore();
});

afterAll(async () => {
  await store[Symbol.asyncDispose]();
});

beforeEach(async () => {
  scene = await MessageScene.make(store);
  id = scene.group.conversationId;
});

describe('a recall', () => {
  test('leaves an entry in the place of the message, and tells the group by one of its own', async () => {
    const message = await scene.say('member', 'secret');
    const { member } = scene.people;
    const receipt = await recallMessage(scene.parts, member, message);
    expect(receipt).toEqual({
      conversationId: id,
      seq: message.seq + 1,
      ordinal: 1,
      createdAt: scene.domain.clock.now(),
    });
    expect(await scene.bodies(id, message.seq)).toEqual([
      { kind: 'recalled', recallSeq: receipt.seq },
      { kind: 'recall', targetSeq: message.seq },
    ]);
    const published = scene.domain.bus.entries(`group:${scene.group.groupId}`);
    expect(published.at(-1)).toEqual({
      ...receipt,
      target: { kind: 'group', groupId: scene.group.groupId },
      senderId: member.id,
      senderName: member.name,
      clientMessageId: null,
      body: { kind: 'recall', targetSeq: message.seq },
    });
  });

  test('in a direct conversation goes to both', async () => {
    const message = await scene.sayDirectly('owner', 'secret');
    expect(await scene.recall('owner', message)).toBe(message.seq + 1);
    for (const { id: userId } of [scene.people.owner, scene.people.member]) {
      expect(scene.domain.bus.entries(`user:${userId}`).at(-1)?.body).toEqual({
        kind: 'recall',
        targetSeq: message.seq,
      });
    }
  });

  test.each<[Person, number | string]>([
    ['member', 2],
    ['admin', 2],
    ['owner', 2],
    ['another', 'ROLE_INSUFFICIENT'],
    ['stranger', 'MESSAGE_NOT_FOUND'],
  ])('of a member’s message by the %s', async (person, expected) => {
    const message = await scene.say('member');
    const answer = typeof expected === 'number' ? message.seq + 1 : expected;
    expect(await scene.recall(person, message)).toBe(answer);
  });

  test('is for the author alone in a direct conversation', async () => {
    const message = await scene.sayDirectly('owner');
    expect(await scene.recall('member', message)).toBe('ROLE_INSUFFICIENT');
    expect(await scene.recall('another', message)).toBe('MESSAGE_NOT_FOUND');
  });

  test('is for members: not for the author who has left', async () => {
    const message = await scene.say('leaver');
    await scene.leave();
    expect(await scene.recall('leaver', message)).toBe('NOT_A_MEMBER');
    expect(await scene.recall('admin', message)).toEqual(expect.any(Number));
    expect(await scene.recall('leaver', message)).toBe('NOT_A_MEMBER');
  });

  test('is still the author’s where they can’t write any more', async () => {
    const message = await scene.sayDirectly('owner');
    await scene.block();
    expect(await scene.recall('owner', message)).toBe(message.seq + 1);
  });

  test('has its time, but for admins', async () => {
    const [first, second] = [await scene.say('member'), await scene.say('admin')];
    scene.domain.clock.advance(59_999);
    expect(await scene.recall('member', await scene.say('member'))).toEqual(expect.any(Number));
    scene.domain.clock.advance(1);
    expect(await scene.recall('member', first)).toBe('TOO_LATE');
    expect(await scene.recall('admin', second)).toEqual(expect.any(Number));
    expect(await scene.recall('owner', first)).toEqual(expect.any(Number));
    // What is recalled already stays so, whenever one asks.
    expect(await scene.recall('member', first)).toEqual(expect.any(Number));
  });

  test('of zero seconds is never', async () => {
    scene.parts = { ...scene.parts, recallWithinMs: 0 };
    expect(await scene.recall('member', await scene.say('member'))).toBe('TOO_LATE');
  });
});

describe('a repeated recall', () => {
  test('has the first receipt, whoever asks again, and appends nothing', async () => {
    const message = await scene.say('member');
    const seq = await scene.recall('member', message);
    expect(await scene.recall('member', message)).toBe(seq);
    expect(await scene.recall('owner', message)).toBe(seq);
    expect((await scene.lastEntry(id)).seq).toBe(seq);
  });

  test('is not told to those who may not recall', async () => {
    const message = await scene.say('member');
    await scene.recall('member', message);
    expect(await scene.recall('another', message)).toBe('ROLE_INSUFFICIENT');
    expect(await scene.recall('stranger', message)).toBe('MESSAGE_NOT_FOUND');
  });

  test('has it also for the author who has left since', async () => {
    const message = await scene.say('leaver');
    const seq = await scene.recall('leaver', message);
    await scene.leave();
    expect(await scene.recall('leaver', message)).toBe(seq);
  });

  test('after a commit whose answer was lost is the same recall, and sends both streams to the log', async () => {
    const message = await scene.sayDirectly('owner');
    scene.parts = { ...scene.parts, store: forgetfulStore(store) };
    expect(await scene.recall('owner', message)).toBe(message.seq + 1);
    expect(await scene.bodies(scene.directId, message.seq)).toHaveLength(2);
    expect(scene.domain.bus.published.slice(-2)).toMatchObject([
      { event: { type: 'membership', conversationId: scene.directId } },
      { event: { type: 'membership', conversationId: scene.directId } },
    ]);
  });

  test('of many at once is one', async () => {
    const message = await scene.say('member');
    const answers = await Promise.all(
      (['member', 'owner', 'admin', 'member', 'owner'] as const).map((person) => scene.recall(person, message)),
    );
    expect(new Set(answers)).toEqual(new Set([message.seq + 1]));
  });
});

describe('what is no message', () => {
  test('can’t be recalled: no such conversation, no such seq, an entry of another kind', async () => {
    const message = await scene.say('owner');
    const wrong: EntryKey[] = [
      { conversationId: 2 ** 40, seq: 1 },
      { conversationId: id, seq: 0 },
      { conversationId: id, seq: message.seq + 1 },
      { conversationId: id, seq: 1 },
    ];
    for (const key of wrong) expect(await scene.recall('owner', key)).toBe('MESSAGE_NOT_FOUND');
    const seq = (await scene.recall('owner', message)) as number;
    expect(await scene.recall('owner', { conversationId: id, seq })).toBe('MESSAGE_NOT_FOUND');
  });

  test('nor what was said before one joined', async () => {
    const message = await scene.say('owner');
    await scene.world.join(scene.group, scene.people.stranger, 'admin');
    expect(await scene.recall('stranger', message)).toBe('MESSAGE_NOT_FOUND');
  });
});

test('a send that is repeated after its message was recalled has its first receipt, and nothing is said again', async () => {
  const { owner, member } = scene.people;
  const clientMessageId = '01890a5d-ac96-774b-bcce-b302099a8057';
  const send = () => scene.domain.sendOne(owner, { kind: 'user', userId: member.id }, 'secret', clientMessageId);
  const first = await send();
  if (!first.ok) throw first.error;
  await scene.recall('owner', first.receipt);
  const before = scene.domain.bus.published.length;
  expect(await send()).toEqual(first);
  expect(scene.domain.bus.published.slice(before).map(({ event }) => event.type)).toEqual(['membership', 'membership']);
  expect(JSON.stringify(await scene.bodies(scene.directId))).not.toContain('secret');
});
