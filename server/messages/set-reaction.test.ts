import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { openMemoryStore } from '../../test/domain/domain.ts';
import { forgetfulStore } from '../../test/domain/forgetful-store.ts';
import { MessageScene } from '../../test/domain/message-scene.ts';
import type { EntryKey } from '../store/seam/log.ts';
import type { Store } from '../store/seam/store.ts';
import { MAX_EMOJI_OF_MESSAGE, MAX_EMOJI_OF_USER, setReaction } from './set-reaction.ts';

let store: Store;
let scene: MessageScene;
let id: number;
let message: EntryKey;

beforeAll(async () => {
  store = await openMemoryStore();
});

afterAll(async () => {
  await store[Symbol.asyncDispose]();
});

beforeEach(async () => {
  scene = await MessageScene.make(store);
  id = scene.group.conversationId;
  message = await scene.say('member');
});

/** `count` different emoji. */
const emoji = (count: number) => Array.from({ length: count }, (_, index) => String.fromCodePoint(0x1f400 + index));

/** Emoji and how many react with it, `*` where the member does. */
async function counted(): Promise<string[]> {
  const counts = await store.log.reactionsTo(scene.people.member.id, [message]);
  return counts.map((count) => `${count.emoji}${count.count}${count.mine ? '*' : ''}`);
}

describe('a reaction', () => {
  test('is an entry of the log, told to the group, and counted', async () => {
    const { another } = scene.people;
    const receipt = await setReaction(scene.parts, another, { message, emoji: '👍', removed: false });
    expect(receipt).toEqual({
      conversationId: id,
      seq: message.seq + 1,
      ordinal: 1,
      createdAt: scene.domain.clock.now(),
    });
    const entry = scene.domain.bus.entries(`group:${scene.group.groupId}`).at(-1);
    expect(entry).toMatchObject({ ...receipt, senderId: another.id, clientMessageId: null });
    expect(entry?.body).toEqual({ kind: 'reaction', targetSeq: message.seq, emoji: '👍', removed: false });
    expect(await scene.bodies(id, message.seq + 1)).toEqual([entry?.body]);
    await scene.react('member', message, '👍');
    await scene.react('member', message, '🎉');
    expect(await counted()).toEqual(['👍2*', '🎉1*']);
  });

  test('that holds already has the receipt of the entry that set it', async () => {
    const seq = await scene.react('member', message);
    await scene.react('another', message);
    expect(await scene.react('member', message)).toBe(seq);
    expect(await counted()).toEqual(['👍2*']);
    expect((await scene.lastEntry(id)).seq).toBe(message.seq + 2);
  });

  test('is taken back by an entry, once; then there is none to take back', async () => {
    await scene.react('member', message);
    await scene.react('another', message);
    expect(await scene.react('member', message, '👍', true)).toBe(message.seq + 3);
    expect((await scene.lastEntry(id)).body).toEqual({
      kind: 'reaction',
      targetSeq: message.seq,
      emoji: '👍',
      removed: true,
    });
    expect(await scene.react('member', message, '👍', true)).toBeNull();
    expect(await scene.react('member', message, '🎉', true)).toBeNull();
    expect(await counted()).toEqual(['👍1']);
    expect(await scene.react('member', message)).toBe(message.seq + 4);
  });

  test('after a commit whose answer was lost is set once', async () => {
    scene.parts = { ...scene.parts, store: forgetfulStore(store) };
    expect(await scene.react('member', message)).toBe(message.seq + 1);
    expect((await scene.lastEntry(id)).seq).toBe(message.seq + 1);
  });

  test('of one user comes with at most ten emoji on one message', async () => {
    for (const each of emoji(MAX_EMOJI_OF_USER)) await scene.react('member', message, each);
    expect(await scene.react('member', message)).toBe('LIMIT_REACHED');
    await expect(
      setReaction(scene.parts, scene.people.member, { message, emoji: '👍', removed: false }),
    ).rejects.toMatchObject({ metadata: { limit: '10' } });
    expect(await scene.react('another', message)).toEqual(expect.any(Number));
    expect(await scene.react('member', await scene.say('owner'))).toEqual(expect.any(Number));
    await scene.react('member', message, emoji(1)[0], true);
    expect(await scene.react('member', message)).toEqual(expect.any(Number));
  });

  test('of all users comes with at most fifty emoji on one message, which everybody may join', async () => {
    await scene.world.join(scene.group, scene.people.stranger);
    message = await scene.say('owner');
    const all = emoji(MAX_EMOJI_OF_MESSAGE);
    const people = ['owner', 'admin', 'member', 'another', 'leaver'] as const;
    for (const [index, each] of all.entries()) await scene.react(people[Math.floor(index / 10)]!, message, each);
    await expect(
      setReaction(scene.parts, scene.people.stranger, { message, emoji: '👍', removed: false }),
    ).rejects.toMatchObject({ reason: 'LIMIT_REACHED', metadata: { limit: '50' } });
    expect(await scene.react('stranger', message, all[0])).toEqual(expect.any(Number));
    await scene.react('admin', message, all[10], true);
    expect(await scene.react('stranger', message)).toEqual(expect.any(Number));
    expect(await counted()).toHaveLength(MAX_EMOJI_OF_MESSAGE);
  });

  test('is gone with a recall, and so is what one could react to', async () => {
    await scene.react('another', message);
    await scene.recall('member', message);
    expect(await counted()).toEqual([]);
    expect(await scene.react('another', message)).toBe('MESSAGE_NOT_FOUND');
    expect(await scene.react('another', message, '👍', true)).toBe('MESSAGE_NOT_FOUND');
  });

  test('outlives an edit', async () => {
    await scene.react('another', message);
    await scene.edit('member', message, 'second');
    expect(await counted()).toEqual(['👍1']);
  });

  test('is to messages that one may see', async () => {
    for (const key of [
      { conversationId: 2 ** 40, seq: 1 },
      { conversationId: id, seq: 0 },
      { conversationId: id, seq: 1 },
      { conversationId: id, seq: message.seq + 1 },
    ]) {
      expect(await scene.react('owner', key)).toBe('MESSAGE_NOT_FOUND');
    }
    expect(await scene.react('stranger', message)).toBe('MESSAGE_NOT_FOUND');
    await scene.world.join(scene.group, scene.people.stranger);
    expect(await scene.react('stranger', message)).toBe('MESSAGE_NOT_FOUND');
  });

  test('is for those who may write', async () => {
    await scene.leave();
    expect(await scene.react('leaver', message)).toBe('NOT_A_MEMBER');
    const direct = await scene.sayDirectly('owner');
    const seq = await scene.react('member', direct);
    await scene.block();
    expect(await scene.react('member', direct, '🎉')).toBe('RECIPIENT_UNAVAILABLE');
    expect(await scene.react('member', direct)).toBe(seq);
    expect(await scene.react('member', direct, '👍', true)).toBe('RECIPIENT_UNAVAILABLE');
  });

  test.each(['😀', '❤️', '👍🏽', '👩🏻‍❤️‍💋‍👨🏿', '🏴󠁧󠁢󠁳󠁣󠁴󠁿', '🇩🇪', '1️⃣', '👨‍👩‍👧‍👦'])('may be %s', async (one) => {
    expect(await scene.react('member', message, one)).toEqual(expect.any(Number));
    expect(await counted()).toEqual([`${one}1*`]);
  });

  test.each(['', 'a', '1', ':)', '😀😀', '😀 ', '❤', '👍🏽🏽', '🏽x', '\u{1f1e9}', '😀'.repeat(100), '\u200d'])(
    'may not be %j',
    async (none) => {
      expect(await scene.react('member', message, none)).toBe('INVALID_FIELD');
    },
  );
});
