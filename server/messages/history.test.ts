import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';

import { Domain, openMemoryStore, toUser } from '../../test/domain/domain.ts';
import type { UserRecord } from '../store/records.ts';
import type { From, Store } from '../store/store.ts';
import { Conversations } from './conversations.ts';
import { History } from './history.ts';

const ENTRIES = 23;

let store: Store;
let history: History;
let ann: UserRecord;
let bob: UserRecord;
let cyd: UserRecord;
let conversationId: number;

beforeAll(async () => {
  store = await openMemoryStore();
  history = new History(store, new Conversations(store));
  const domain = new Domain(store);
  [ann, bob, cyd] = [await domain.makeUser(), await domain.makeUser(), await domain.makeUser()];
  for (let n = 1; n <= ENTRIES; n += 1) await domain.sendOne(ann, toUser(bob), `message ${n}`);
  conversationId = (await store.log.ensureDirect(ann.id, bob.id)).id;
});

afterAll(async () => {
  await store[Symbol.asyncDispose]();
});

/** All pages from a place on, in the order in which they came. */
async function pagesFrom(start: From, limit: number): Promise<number[][]> {
  const pages: number[][] = [];
  for (let from: From | null = start; from !== null;) {
    const page = await history.listMessages(bob.id, conversationId, from, limit);
    pages.push(page.entries.map(({ seq }) => seq));
    from = page.next;
  }
  return pages;
}

const range = (from: number, to: number) =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);

describe('the pages of a conversation', () => {
  const anySeq = fc.integer({ min: 0, max: ENTRIES + 5 });
  const anyLimit = fc.integer({ min: 1, max: ENTRIES + 5 });

  test('forward, give everything after a place, once and in order', async () => {
    await fc.assert(
      fc.asyncProperty(anySeq, anyLimit, async (afterSeq, limit) => {
        const pages = await pagesFrom({ afterSeq }, limit);
        expect(pages.flat()).toEqual(range(afterSeq + 1, ENTRIES));
        for (const page of pages) expect(page.length).toBeLessThanOrEqual(limit);
        expect(pages.length).toBe(Math.max(1, Math.ceil((ENTRIES - afterSeq) / limit)));
      }),
    );
  });

  test('backward, give everything before it, the nearest first, each page in order', async () => {
    await fc.assert(
      fc.asyncProperty(anySeq, anyLimit, async (beforeSeq, limit) => {
        const pages = await pagesFrom({ beforeSeq }, limit);
        expect(pages.toReversed().flat()).toEqual(range(1, Math.min(beforeSeq - 1, ENTRIES)));
        for (const page of pages) expect(page.length).toBeLessThanOrEqual(limit);
      }),
    );
  });
});

describe('a conversation', () => {
  test('is found by its id or by whom it is with, from either side', async () => {
    const from = { afterSeq: ENTRIES - 1 };
    for (const [me, of] of [[ann, toUser(bob)] as const, [bob, toUser(ann)] as const, [bob, conversationId] as const]) {
      const page = await history.listMessages(me.id, of, from, 10);
      expect(page.conversationId).toBe(conversationId);
      expect(page.entries.map(({ seq }) => seq)).toEqual([ENTRIES]);
    }
  });

  test('of others is as if it were not there', async () => {
    const told = await Promise.all(
      [conversationId, 999_999, toUser(ann), toUser({ id: 999_999 })].map((of) =>
        history.listMessages(cyd.id, of, { afterSeq: 0 }, 10).catch((error: unknown) => error),
      ),
    );
    for (const error of told) expect(error).toEqual(told[0]);
    expect(told[0]).toMatchObject({ reason: 'CONVERSATION_NOT_FOUND' });
  });
});
