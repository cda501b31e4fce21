import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { openMemoryStore } from '../../test/domain/domain.ts';
import { strictStore } from '../../test/domain/strict-store.ts';
import { text, World } from '../../test/store/world.ts';
import type { Store } from '../store/seam/store.ts';
import { indexBatch } from './index-batch.ts';
import { type Rebuilt, rebuildIndex } from './rebuild-index.ts';
import { Search } from './search.ts';

let store: Store;
let world: World;
let conversationId: number;
let me: number;
let peer: number;

beforeEach(async () => {
  store = strictStore(await openMemoryStore());
  world = new World(store);
  const { id, a, b } = await world.direct();
  [conversationId, me, peer] = [id, a.id, b.id];
});
afterEach(async () => {
  await store[Symbol.asyncDispose]();
});

async function found(query: string): Promise<number[]> {
  const page = await new Search(store).find(me, { query, limit: 1_000 });
  return page.found.map(({ entry }) => entry.seq);
}

async function indexAll(): Promise<string[]> {
  const states: string[] = [];
  while (states.at(-1) !== 'caught-up') states.push((await indexBatch(store, conversationId, 'skip')).state);
  return states;
}

const batch = () => indexBatch(store, conversationId, 'skip');

/** Different words, so many that a batch holds only few of such texts. */
const long = (name: string) => `${name} ${Array.from({ length: 400 }, (_, n) => (n * 7_919).toString(36)).join(' ')}`;

describe('a batch', () => {
  test('goes through twenty entries, and the next one goes on', async () => {
    await world.say(conversationId, me, ...Array.from({ length: 50 }, (_, n) => text(`word${n + 1}`)));
    expect(await batch()).toEqual({ state: 'more', messages: 20 });
    expect([await found('word20'), await found('word21')]).toEqual([[20], []]);
    expect(await batch()).toEqual({ state: 'more', messages: 20 });
    expect(await batch()).toEqual({ state: 'caught-up', messages: 10 });
    expect(await batch()).toEqual({ state: 'caught-up', messages: 0 });
    expect(await found('word50')).toEqual([50]);
  });

  test('of long texts is small, however few words they have', async () => {
    await world.say(conversationId, me, ...Array.from({ length: 5 }, (_, n) => text(`word${n} ${'x'.repeat(8_000)}`)));
    expect(await batch()).toEqual({ state: 'more', messages: 3 });
    expect([await found('word2'), await found('word3')]).toEqual([[3], []]);
    expect(await batch()).toEqual({ state: 'caught-up', messages: 2 });
  });

  test('ends early where texts are long, and passes over none', async () => {
    await world.say(conversationId, me, ...Array.from({ length: 12 }, (_, n) => text(long(`long${n + 1}`))));
    const states = await indexAll();
    expect(states.length).toBeGreaterThan(2);
    expect(states.slice(0, -1)).toEqual(states.slice(0, -1).map(() => 'more'));
    expect(await found('long')).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
  });

  test('indexes messages, and no other entries', async () => {
    await world.say(conversationId, me, text('hello'), { kind: 'reaction', targetSeq: 1, emoji: '👍', removed: false });
    expect(await batch()).toEqual({ state: 'caught-up', messages: 1 });
    expect([await found('hello'), await found('👍')]).toEqual([[1], []]);
  });

  async function change(editSeq: number, content: string | null): Promise<void> {
    await store.transact(async (tx) => {
      await tx.log.lock([conversationId], 'wait');
      const message = { conversationId, seq: 1 };
      if (content === null) await tx.log.eraseContent(message, editSeq, 0);
      else await tx.log.replaceContent({ ...message, editSeq, content: { text: content }, revision: 1, at: 0 });
    });
  }

  const editEntry = (words: string) => ({ kind: 'edit', targetSeq: 1, revision: 1, content: { text: words } }) as const;

  test('an edit is found as its message, by what it says now', async () => {
    await world.say(conversationId, me, text('before'), text('other'));
    await indexAll();
    await world.say(conversationId, me, editEntry('after'));
    await change(3, 'after');
    expect(await found('before')).toEqual([]);
    expect(await batch()).toEqual({ state: 'caught-up', messages: 0 });
    expect([await found('before'), await found('after'), await found('other')]).toEqual([[], [1], [2]]);
  });

  test('a message that was edited or recalled in the same batch is indexed once, as it is', async () => {
    await world.say(conversationId, me, text('before'), editEntry('after'), editEntry('at last'));
    await change(2, 'after');
    await change(3, 'at last');
    await indexAll();
    expect([await found('before'), await found('after'), await found('at last')]).toEqual([[], [], [1]]);
    await world.say(conversationId, me, editEntry('gone'), { kind: 'recall', targetSeq: 1 });
    await change(4, 'gone');
    await change(5, null);
    await indexAll();
    expect(await found('gone')).toEqual([]);
  });
});

describe('rebuilding', () => {
  test('replaces whatever the index holds, in every conversation', async () => {
    const other = (await store.log.ensureDirect(me, (await world.user()).id)).id;
    await world.say(conversationId, me, ...Array.from({ length: 30 }, (_, n) => text(`word${n + 1}`)));
    await world.say(other, me, text('another'));
    await indexAll();
    // As an older version might have left it.
    await store.transact(async (tx) => {
      await tx.search.lock(conversationId, 'wait');
      await tx.search.replaceGrams(conversationId, [{ seq: 30, createdAt: 3_030, grams: [1, 2, 3] }]);
    });
    expect(await found('word30')).toEqual([]);
    const told: Rebuilt[] = [];
    expect(await rebuildIndex(store, (soFar) => told.push({ ...soFar }))).toEqual({ conversations: 2, messages: 31 });
    expect(told.map(({ messages }) => messages)).toEqual([20, 30, 31]);
    expect([await found('word30'), await found('another')]).toEqual([[30], [1]]);
    expect((await store.search.candidates(peer, { grams: [1], limit: 9 })).entries).toEqual([]);
    expect(await rebuildIndex(store, () => undefined)).toEqual({ conversations: 2, messages: 31 });
  });

  test('goes through more conversations than a page holds', async () => {
    const read = store.search.progress.bind(store.search);
    const sizes: number[] = [];
    store.search.progress = async (page) => {
      const found = await read({ ...page, limit: 2 });
      sizes.push(found.length);
      return found;
    };
    for (let n = 0; n < 4; n += 1) await world.direct();
    expect(await rebuildIndex(store, () => undefined)).toEqual({ conversations: 5, messages: 0 });
    expect(sizes).toEqual([2, 2, 1, 0]);
  });
});
