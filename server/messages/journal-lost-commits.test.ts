import { afterEach, beforeEach, expect, test } from '@jest/globals';

import { Domain, openMemoryStore, toUser } from '../../test/domain/domain.ts';
import { forgetfulStore } from '../../test/domain/forgetful-store.ts';
import { UserStream } from '../../test/domain/user-stream.ts';
import type { Store } from '../store/seam/store.ts';

let store: Store;

beforeEach(async () => {
  store = await openMemoryStore();
});

afterEach(async () => {
  await store[Symbol.asyncDispose]();
});

test('sends whose commit’s answer was lost are found again: each is stored once, and both sides are sent to the log', async () => {
  const domain = new Domain(store, { journalStore: forgetfulStore(store) });
  const [ann, bob] = [await domain.makeUser(), await domain.makeUser()];
  const stream = new UserStream(domain, ann, toUser(bob));
  for (const text of ['one', 'two', 'three']) await stream.send(text);
  await domain.journal.flush();
  expect(stream.results).toEqual([1, 2, 3]);
  const { id } = await store.log.ensureDirect(ann.id, bob.id);
  expect(await store.log.read(id, 0, { limit: 10, maxBytes: 1e6 })).toHaveLength(3);
  // Which of them others have heard of is not known: nobody is told of an entry as if it were new.
  const told = domain.bus.published.map(({ channel, event }) => `${channel} ${event.type}`);
  expect(new Set(told)).toEqual(new Set([`user:${ann.id} membership`, `user:${bob.id} membership`]));
});
