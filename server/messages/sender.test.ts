import { randomUUID } from 'node:crypto';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { Domain, openMemoryStore, reasonOf, toUser } from '../../test/domain/domain.ts';
import { UserStream } from '../../test/domain/user-stream.ts';
import type { UserRecord } from '../store/seam/records.ts';
import type { Store } from '../store/seam/store.ts';

let store: Store;
let domain: Domain;
let ann: UserRecord;
let bob: UserRecord;
let conversationId: number;

beforeEach(async () => {
  store = await openMemoryStore();
  domain = new Domain(store);
  [ann, bob] = [await domain.makeUser(), await domain.makeUser()];
  conversationId = (await store.log.ensureDirect(ann.id, bob.id)).id;
});

afterEach(async () => {
  await domain.cursors[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
});

async function cursorOf({ id }: UserRecord) {
  await domain.cursors.flush();
  return store.cursors.get(id, conversationId);
}

describe('who writes', () => {
  test.each<[string, (text: string) => Promise<unknown>]>([
    ['by a call', (text) => domain.sendOne(ann, toUser(bob), text)],
    [
      'on a stream',
      async (text) => {
        await new UserStream(domain, ann, toUser(bob)).send(text);
        await domain.journal.flush();
      },
    ],
  ])('has read and has what they wrote, %s; the other has not', async (_how, write) => {
    await write('one');
    await write('two');
    expect(await cursorOf(ann)).toEqual({ deliveredSeq: 2, readSeq: 2 });
    expect(await cursorOf(bob)).toEqual({ deliveredSeq: 0, readSeq: 0 });
  });

  test('has read what came before, but what was not delivered yet still is', async () => {
    await domain.sendOne(bob, toUser(ann), 'one');
    await domain.sendOne(ann, toUser(bob), 'two');
    expect(await cursorOf(ann)).toEqual({ deliveredSeq: 0, readSeq: 2 });
  });

  test('has read nothing by a send that was refused', async () => {
    await domain.sendOne(bob, toUser(ann), 'one');
    expect(reasonOf(await domain.sendOne(ann, toUser(bob), ''))).toBe('INVALID_FIELD');
    const id = randomUUID();
    await domain.sendOne(bob, toUser(ann), 'two', id);
    expect(reasonOf(await domain.sendOne(bob, toUser(ann), 'other', id))).toBe('CLIENT_MESSAGE_ID_REUSED');
    expect(await cursorOf(ann)).toEqual({ deliveredSeq: 0, readSeq: 0 });
  });
});

test('a result carries the id as it was given, stored or refused', async () => {
  const id = randomUUID().toUpperCase();
  const stream = new UserStream(domain, ann, toUser(bob));
  await stream.send('hi', id);
  await domain.journal.flush();
  await stream.send('other', id);
  await stream.send('', id);
  await domain.journal.flush();
  expect(stream.outcomes.map(({ clientMessageId }) => clientMessageId)).toEqual([id, id, id]);
  expect(new Set(stream.results)).toEqual(new Set([1, 'CLIENT_MESSAGE_ID_REUSED', 'INVALID_FIELD']));
  const [entry] = await store.log.read(conversationId, 0, { limit: 1, maxBytes: 1e6 });
  expect(entry?.clientMessageId).toBe(id.toLowerCase());
});

test('whatever is wrong comes as the result: a stream’s send never throws', async () => {
  const wrong: [target: ReturnType<typeof toUser>, id: string, text: string, reason: string][] = [
    [toUser(bob), 'x', 'hi', 'INVALID_FIELD'],
    [toUser(bob), randomUUID(), '', 'INVALID_FIELD'],
    [toUser(ann), randomUUID(), 'hi', 'SELF_NOT_ALLOWED'],
    [toUser({ id: 999 }), randomUUID(), 'hi', 'USER_NOT_FOUND'],
    [{ kind: 'group', groupId: 999 }, randomUUID(), 'hi', 'NOT_A_MEMBER'],
  ];
  for (const [target, id, text, reason] of wrong) {
    const stream = new UserStream(domain, ann, target);
    await stream.send(text, id);
    expect(stream.results).toEqual([reason]);
    // It is for good: what follows is judged by itself.
    expect(stream.lane.failedId).toBeNull();
  }
});
