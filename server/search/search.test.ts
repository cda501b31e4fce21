import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { openMemoryStore } from '../../test/domain/domain.ts';
import { withMethods } from '../../test/domain/with-methods.ts';
import { text, World } from '../../test/store/world.ts';
import type { UserRecord } from '../store/seam/records.ts';
import type { CandidateQuery } from '../store/seam/search.ts';
import type { Store } from '../store/seam/store.ts';
import { requiredGrams } from './grams.ts';
import { rebuildIndex } from './rebuild-index.ts';
import { type FoundPage, Search, type SearchRequest } from './search.ts';

let store: Store;
let world: World;
let me: UserRecord;
let peer: UserRecord;
let conversationId: number;

beforeAll(async () => {
  store = await openMemoryStore();
  world = new World(store);
  ({ a: me, b: peer, id: conversationId } = await world.direct());
});
afterAll(async () => {
  await store[Symbol.asyncDispose]();
});

const say = (...texts: string[]) => world.say(conversationId, me.id, ...texts.map(text));

async function pages(search: Search, request: Omit<SearchRequest, 'after'>): Promise<FoundPage[]> {
  const all: FoundPage[] = [];
  for (;;) {
    const next = all.at(-1)?.next ?? undefined;
    const page = await search.find(peer.id, { ...request, ...(next && { after: next }) });
    all.push(page);
    if (page.next === null) return all;
  }
}

const seqs = ({ found }: FoundPage) => found.map(({ entry }) => entry.seq);

describe('finding', () => {
  test('pages are full while there is more, and the last one says so', async () => {
    await say(...Array.from({ length: 10 }, (_, n) => `apple ${n}`));
    await rebuildIndex(store, () => undefined);
    const search = new Search(store);
    const found = await pages(search, { query: 'apple', limit: 4 });
    expect(found.map(seqs)).toEqual([
      [10, 9, 8, 7],
      [6, 5, 4, 3],
      [2, 1],
    ]);
    expect((await pages(search, { query: 'apple', limit: 5 })).map(seqs)).toEqual([
      [10, 9, 8, 7, 6],
      [5, 4, 3, 2, 1],
    ]);
    expect((await pages(search, { query: 'apple', limit: 10 })).map(({ next }) => next)).toEqual([null]);
    expect(await search.find(peer.id, { query: 'pear', limit: 4 })).toEqual({ found: [], next: null });
  });

  test('what the index proposes and the text denies is passed over, with bounded work a call', async () => {
    const { a, b, id } = await world.direct();
    // All of them look like it to the index, every thousandth is it.
    const count = 4_500;
    const isReal = (seq: number) => seq % 1_000 === 1;
    await world.say(
      id,
      a.id,
      ...Array.from({ length: count }, (_, n) => text(isReal(n + 1) ? 'longer-word indeed' : 'nothing')),
    );
    const grams = requiredGrams(
      'word',
      [...'indeed'].map((letter) => letter.codePointAt(0)!),
    );
    await store.transact(async (tx) => {
      await tx.search.lock(id, 'wait');
      await tx.search.replaceGrams(
        id,
        Array.from({ length: count }, (_, n) => ({ seq: n + 1, createdAt: 3_001 + n, grams })),
      );
    });
    let proposed = 0;
    const candidates = async (userId: number, query: CandidateQuery) => {
      const page = await store.search.candidates(userId, query);
      proposed += page.entries.length;
      return page;
    };
    const search = new Search(withMethods(store, { search: withMethods(store.search, { candidates }) }));
    const found: number[] = [];
    let calls = 0;
    for (let page: FoundPage | undefined; page?.next !== null; calls += 1) {
      proposed = 0;
      page = await search.find(b.id, { query: 'indeed', limit: 50, ...(page && { after: page.next }) });
      expect(proposed).toBeLessThan(2_400);
      found.push(...seqs(page));
    }
    expect(found).toEqual([4_001, 3_001, 2_001, 1_001, 1]);
    expect(calls).toBeGreaterThan(1);
  });

  test('a call ends where it has read enough text', async () => {
    const { a, b, id } = await world.direct();
    const large = (word: string) => text(`${word} ${'x'.repeat(8_000)}`);
    await world.say(id, a.id, large('kiwi'), ...Array.from({ length: 349 }, () => large('kiwano')));
    const [kiwi] = requiredGrams(
      'word',
      [...'kiwi'].map((letter) => letter.codePointAt(0)!),
    );
    await store.transact(async (tx) => {
      await tx.search.lock(id, 'wait');
      await tx.search.replaceGrams(
        id,
        Array.from({ length: 350 }, (_, n) => ({ seq: n + 1, createdAt: 3_001 + n, grams: [kiwi!] })),
      );
    });
    const search = new Search(store);
    const first = await search.find(b.id, { query: 'kiwi', limit: 99 });
    expect(first).toEqual({ found: [], next: { createdAt: 3_051, conversationId: id, seq: 51 } });
    const second = await search.find(b.id, { query: 'kiwi', limit: 99, after: first.next! });
    expect([seqs(second), second.next]).toEqual([[1], null]);
  });

  test('in a conversation that is not there, or not theirs, nothing can be looked for', async () => {
    const search = new Search(store);
    const stranger = await world.user();
    const errors = await Promise.all(
      [
        search.find(stranger.id, { query: 'apple', limit: 1, conversationId }),
        search.find(me.id, { query: 'apple', limit: 1, conversationId: 999_999 }),
      ].map((finding) => finding.catch((error: unknown) => error)),
    );
    expect(errors[0]).toMatchObject({ reason: 'CONVERSATION_NOT_FOUND' });
    expect(errors[1]).toEqual(errors[0]);
    expect(seqs(await search.find(me.id, { query: 'apple', limit: 1, conversationId }))).toEqual([10]);
    expect(await search.find(stranger.id, { query: 'apple', limit: 1 })).toEqual({ found: [], next: null });
  });

  test('a query without anything to search for is refused, before anything is read', async () => {
    await expect(
      new Search(store).find(me.id, { query: ' … ', limit: 1, conversationId: 999_999 }),
    ).rejects.toMatchObject({
      reason: 'INVALID_FIELD',
    });
  });
});
