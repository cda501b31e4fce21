import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';

import { Domain, openMemoryStore, toGroup, toUser } from '../../test/domain/domain.ts';
import { withMethods } from '../../test/domain/with-methods.ts';
import { createGroup } from '../groups/create-group.ts';
import { Membership } from '../groups/membership.ts';
import type { UserRecord } from '../store/seam/records.ts';
import type { From } from '../store/seam/log.ts';
import type { Store } from '../store/seam/store.ts';
import { MAX_PAYLOAD_BYTES, MAX_TEXT_BYTES } from './content-rules.ts';
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

describe('a page ends where it is large enough', () => {
  const LARGE = 40;
  let large: number;

  beforeAll(async () => {
    const domain = new Domain(store);
    const payload = { mediaType: 'application/octet-stream', data: new Uint8Array(MAX_PAYLOAD_BYTES) };
    const content = { text: 'x'.repeat(MAX_TEXT_BYTES), payload };
    for (let n = 1; n <= LARGE * 4; n += 1) {
      await domain.sender.sendOne(bob, { clientMessageId: randomUUID(), target: toUser(cyd), content });
    }
    large = (await store.log.ensureDirect(bob.id, cyd.id)).id;
  });

  test.each<[string, From]>([
    ['forward', { afterSeq: 0 }],
    ['backward', { beforeSeq: LARGE * 4 + 1 }],
  ])('and the next one goes on, %s, until all is given', async (_way, start) => {
    const sizes: number[] = [];
    const seqs = new Set<number>();
    for (let from: From | null = start; from !== null;) {
      const page = await history.listMessages(bob.id, large, from, 200);
      sizes.push(page.entries.length);
      for (const { seq } of page.entries) seqs.add(seq);
      from = page.next;
    }
    // 1 MiB holds 64 of them.
    expect(sizes).toEqual([64, 64, 32]);
    expect(seqs.size).toBe(LARGE * 4);
  });
});

describe('the list of conversations', () => {
  const OTHERS = 70;
  let dan: UserRecord;
  let ids: number[];

  beforeAll(async () => {
    const domain = new Domain(store);
    dan = await domain.makeUser();
    const payload = { mediaType: 'application/octet-stream', data: new Uint8Array(MAX_PAYLOAD_BYTES) };
    const content = { text: 'x'.repeat(MAX_TEXT_BYTES), payload };
    for (let n = 1; n <= OTHERS; n += 1) {
      const target = toUser(await domain.makeUser());
      await domain.sender.sendOne(dan, { clientMessageId: randomUUID(), target, content });
    }
    ids = (await store.log.summaries(dan.id, { limit: 1_000 })).map(({ facts }) => facts.id);
  });

  async function sizesOf(limit: number): Promise<number[]> {
    const pages: number[][] = [];
    for (let page = await history.listConversations(dan.id, { limit }); ;) {
      pages.push(page.summaries.map(({ facts }) => facts.id));
      if (page.next === null) break;
      page = await history.listConversations(dan.id, { after: page.next, limit });
    }
    expect(pages.flat()).toEqual(ids);
    return pages.map((page) => page.length);
  }

  test.each([
    [10, Array<number>(7).fill(10)],
    [40, [40, 30]],
    // 1 MiB holds 64 of these last entries.
    [200, [64, 6]],
    [1, Array<number>(OTHERS).fill(1)],
  ])('comes in pages of %s at most, which end where they are large enough', async (limit, sizes) => {
    expect(await sizesOf(limit)).toEqual(sizes);
  });
});

test('reactions are asked for by one query, of messages only', async () => {
  const asked: unknown[] = [];
  const log = withMethods(store.log, {
    reactionsTo: (...args) => {
      asked.push(args);
      return store.log.reactionsTo(...args);
    },
  });
  const watched = new History(withMethods(store, { log }), new Conversations(store));
  const { entries } = await watched.listMessages(bob.id, conversationId, { afterSeq: 0 }, 3);
  const [first, second] = entries;
  const recalled = { ...second!, body: { kind: 'recalled', recallSeq: 9 } as const };
  expect(await watched.reactionsTo(bob.id, [first!, recalled])).toEqual([]);
  expect(asked).toEqual([[bob.id, [first]]]);
  expect(await watched.reactionsTo(bob.id, [recalled])).toEqual([]);
  expect(asked).toHaveLength(1);
});

test('in a group, the pages give what was said while one was a member, and nothing else', async () => {
  const action = fc.constantFrom('say', 'say', 'say', 'come', 'go');
  const pages = fc.record({ limit: fc.integer({ min: 1, max: 7 }), from: fc.nat(40), backward: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 30 }), pages, async (actions, { limit, from, backward }) => {
      const domain = new Domain(store);
      const owner = await domain.makeUser();
      const membership = new Membership(domain);
      const group = await createGroup(domain, owner, {
        ...{ name: 'team', description: '', joinPolicy: 'open', memberLimit: 0, requestId: '' },
      });
      let [lastSeq, isMember, ever] = [1, false, false];
      const visible: number[] = [];
      for (const what of actions) {
        if (what === 'say') await domain.sendOne(owner, toGroup(group));
        else if (what === 'come') await membership.join(bob, group.id);
        else if (ever) await membership.leave(bob, group.id);
        const changes = what === 'say' || (what === 'come' && !isMember) || (what === 'go' && isMember);
        if (!changes) continue;
        lastSeq += 1;
        if (isMember || what === 'come') visible.push(lastSeq);
        isMember = what === 'come' || (isMember && what !== 'go');
        ever ||= isMember;
      }
      const read = async () => {
        const seqs: number[][] = [];
        for (let at: From | null = backward ? { beforeSeq: from } : { afterSeq: from }; at !== null;) {
          const page = await history.listMessages(bob.id, group.conversationId, at, limit);
          expect(page.entries.length).toBeLessThanOrEqual(limit);
          seqs.push(page.entries.map(({ seq }) => seq));
          at = page.next;
        }
        return (backward ? seqs.toReversed() : seqs).flat();
      };
      if (ever) expect(await read()).toEqual(visible.filter((seq) => (backward ? seq < from : seq > from)));
      else await expect(read()).rejects.toMatchObject({ reason: 'CONVERSATION_NOT_FOUND' });
    }),
    { numRuns: 40 },
  );
});
