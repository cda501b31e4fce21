import { afterEach, beforeEach, expect, test } from '@jest/globals';

import { Domain, openMemoryStore, silentEvents } from '../../test/domain/domain.ts';
import { until } from '../../test/domain/until.ts';
import { withMethods } from '../../test/domain/with-methods.ts';
import type { UserRecord } from '../store/seam/records.ts';
import type { Store } from '../store/seam/store.ts';
import { Friends } from './friends.ts';
import { RequestExpiry } from './request-expiry.ts';

const HOUR_MS = 3_600_000;
/** Not a whole number of hours: no sweep comes at the moment at which a request lapses. */
const REQUEST_TTL_MS = 30 * 24 * HOUR_MS + 1_234;
const INVALID = { reason: 'FRIEND_REQUEST_NOT_FOUND' };

let store: Store;
let domain: Domain;
let expiry: RequestExpiry;
let friends: Friends;
let ann: UserRecord;
let bob: UserRecord;

beforeEach(async () => {
  store = await openMemoryStore();
  domain = new Domain(store);
  expiry = new RequestExpiry(domain, { requestTtlMs: REQUEST_TTL_MS });
  const { store: strict, bus, clock } = domain;
  friends = new Friends({ store: strict, bus, clock, expiry });
  [ann, bob] = [await domain.makeUser(), await domain.makeUser()];
});

afterEach(async () => {
  expiry[Symbol.dispose]();
  expect(domain.clock.timers).toBe(0);
  await store[Symbol.asyncDispose]();
});

const requestsOf = ({ id }: UserRecord) => friends.requests(id, { afterId: 0, limit: 10 });

/** The rows of ann and of bob. */
async function get() {
  const rows = await store.transact((tx) => tx.friends.between([[ann.id, bob.id]]));
  return [ann, bob].map(({ id }) => rows.find(({ userId }) => userId === id)?.status ?? null);
}

test('a request lapses on the millisecond: it is not listed and can not be accepted', async () => {
  const createdAt = domain.clock.now();
  await friends.add(ann.id, bob.id);
  const expiresAt = createdAt + REQUEST_TTL_MS;
  domain.clock.advance(REQUEST_TTL_MS - 1);
  expect(await requestsOf(bob)).toMatchObject([{ outgoing: false, createdAt, expiresAt }]);
  domain.clock.advance(1);
  expect(await requestsOf(bob)).toEqual([]);
  expect(await requestsOf(ann)).toEqual([]);
  await expect(friends.accept(bob.id, ann.id)).rejects.toMatchObject(INVALID);
});

test('a request is made anew when its time is over and it is asked again, also for who is blocked', async () => {
  for (const theirs of [null, 'blocked'] as const) {
    await friends.add(ann.id, bob.id);
    if (theirs === 'blocked') await friends.block(bob.id, ann.id);
    domain.clock.advance(REQUEST_TTL_MS);
    expect(await friends.add(ann.id, bob.id)).toBe('requested');
    expect(await requestsOf(ann)).toMatchObject([{ outgoing: true, createdAt: domain.clock.now() }]);
  }
});

test('a request that has lapsed is no answer to a request of the other', async () => {
  await friends.add(ann.id, bob.id);
  domain.clock.advance(REQUEST_TTL_MS);
  expect(await friends.add(bob.id, ann.id)).toBe('requested');
  expect(await requestsOf(ann)).toMatchObject([{ outgoing: false }]);
  expect(await friends.add(ann.id, bob.id)).toBe('accepted');
  expect(await get()).toEqual(['accepted', 'accepted']);
});

test('a request that has lapsed is deleted within the hour, and no other row', async () => {
  const carol = await domain.makeUser();
  await friends.add(ann.id, bob.id);
  await friends.block(bob.id, ann.id);
  domain.clock.advance(REQUEST_TTL_MS - HOUR_MS);
  await friends.add(carol.id, bob.id);
  expect(await get()).toEqual(['requested', 'blocked']);
  domain.clock.advance(2 * HOUR_MS);
  await until(async () => (await get())[0] === null);
  expect(await get()).toEqual([null, 'blocked']);
  expect(await requestsOf(carol)).toHaveLength(1);
});

test('a sweep that fails is made again an hour later', async () => {
  let sweeps = 0;
  const deleteRequests = () => Promise.reject(new Error(`down, for the ${(sweeps += 1)}. time`));
  const down = withMethods(store, { friends: withMethods(store.friends, { deleteRequests }) });
  using _failing = new RequestExpiry({ store: down, clock: domain.clock, events: silentEvents }, { requestTtlMs: 1 });
  domain.clock.advance(HOUR_MS);
  await until(() => sweeps === 1);
  domain.clock.advance(HOUR_MS);
  await until(() => sweeps === 2);
});
