import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { Domain, openMemoryStore, reasonOf, toUser } from '../../test/domain/domain.ts';
import { withMethods } from '../../test/domain/with-methods.ts';
import { DomainError } from '../lib/errors.ts';
import type { FriendStatus, UserRecord } from '../store/seam/records.ts';
import type { Store } from '../store/seam/store.ts';
import { Friends } from './friends.ts';
import { RequestExpiry } from './request-expiry.ts';

const REQUEST_TTL_MS = 30 * 86_400_000;

let store: Store;
let domain: Domain;
let expiry: RequestExpiry;
let friends: Friends;
let ann: UserRecord;
let bob: UserRecord;

beforeAll(async () => {
  store = await openMemoryStore();
});

afterAll(async () => {
  await store[Symbol.asyncDispose]();
});

beforeEach(async () => {
  domain = new Domain(store, { policy: 'friends' });
  expiry = new RequestExpiry(domain, { requestTtlMs: REQUEST_TTL_MS });
  const { store: strict, bus, clock } = domain;
  friends = new Friends({ store: strict, bus, clock, expiry });
  [ann, bob] = [await domain.makeUser(), await domain.makeUser()];
});

type Pair = readonly [mine: FriendStatus | null, theirs: FriendStatus | null];

const NOTHING: Pair = [null, null];
const ASKED: Pair = ['requested', null];
const ASKS: Pair = [null, 'requested'];
const FRIENDS: Pair = ['accepted', 'accepted'];

async function set([mine, theirs]: Pair): Promise<void> {
  const at = domain.clock.now();
  await store.log.ensureDirect(ann.id, bob.id);
  await store.transact(async (tx) => {
    await tx.friends.set(ann.id, bob.id, mine, at);
    await tx.friends.set(bob.id, ann.id, theirs, at);
  });
}

async function get(): Promise<Pair> {
  const rows = await store.transact((tx) => tx.friends.between([[ann.id, bob.id]]));
  const of = ({ id }: UserRecord) => rows.find(({ userId }) => userId === id)?.status ?? null;
  return [of(ann), of(bob)];
}

type Action = 'add' | 'accept' | 'decline' | 'remove' | 'block' | 'unblock';

describe('what ann does, and how the two stand after it', () => {
  test.each<[Action, Pair, Pair | 'FRIEND_REQUEST_NOT_FOUND' | 'RECIPIENT_UNAVAILABLE']>([
    ['add', NOTHING, ASKED],
    ['add', ASKED, ASKED],
    ['add', ASKS, FRIENDS],
    ['add', FRIENDS, FRIENDS],
    ['add', ['blocked', null], 'RECIPIENT_UNAVAILABLE'],
    // Whoever is blocked can't tell.
    ['add', [null, 'blocked'], ['requested', 'blocked']],
    ['accept', NOTHING, 'FRIEND_REQUEST_NOT_FOUND'],
    ['accept', ASKED, 'FRIEND_REQUEST_NOT_FOUND'],
    ['accept', ASKS, FRIENDS],
    ['accept', FRIENDS, FRIENDS],
    ['add', ['requested', 'blocked'], ['requested', 'blocked']],
    ['add', ['requested', 'requested'], FRIENDS],
    ['accept', [null, 'blocked'], 'FRIEND_REQUEST_NOT_FOUND'],
    ['accept', ['blocked', 'requested'], 'FRIEND_REQUEST_NOT_FOUND'],
    ['decline', NOTHING, NOTHING],
    ['decline', ASKED, ASKED],
    ['decline', ASKS, NOTHING],
    ['decline', FRIENDS, FRIENDS],
    ['remove', NOTHING, NOTHING],
    ['remove', ASKED, NOTHING],
    ['remove', ASKS, ASKS],
    ['remove', FRIENDS, NOTHING],
    ['remove', [null, 'blocked'], [null, 'blocked']],
    ['remove', ['blocked', null], ['blocked', null]],
    ['remove', ['requested', 'blocked'], [null, 'blocked']],
    ['decline', ['blocked', 'requested'], ['blocked', null]],
    ['decline', ['blocked', null], ['blocked', null]],
    ['remove', ['accepted', 'blocked'], [null, 'blocked']],
    ['remove', ['blocked', 'accepted'], ['blocked', null]],
    ['block', NOTHING, ['blocked', null]],
    ['block', ASKED, ['blocked', null]],
    // Their request stays: it would tell if it went.
    ['block', ASKS, ['blocked', 'requested']],
    ['block', FRIENDS, ['blocked', null]],
    ['block', [null, 'blocked'], ['blocked', 'blocked']],
    ['unblock', ['blocked', null], NOTHING],
    ['unblock', ['blocked', 'requested'], ASKS],
    ['unblock', FRIENDS, FRIENDS],
  ])('%s from %j gives %j', async (action, before, after) => {
    await set(before);
    const done = friends[action](ann.id, bob.id).then(
      () => 'done',
      (error: unknown) => (error instanceof DomainError ? error.reason : error),
    );
    expect(await done).toBe(typeof after === 'string' ? after : 'done');
    expect(await get()).toEqual(typeof after === 'string' ? before : after);
  });

  test.each<[Action, Pair, number]>([
    ['add', NOTHING, 0],
    ['add', ASKED, 0],
    ['add', ASKS, 1],
    ['add', FRIENDS, 0],
    ['accept', ASKS, 1],
    ['accept', FRIENDS, 0],
    ['decline', ASKS, 0],
    ['remove', ASKED, 0],
    ['remove', FRIENDS, 1],
    ['remove', ['accepted', 'blocked'], 1],
    ['remove', ['blocked', 'accepted'], 1],
    ['block', NOTHING, 1],
    ['block', FRIENDS, 1],
    ['block', ['blocked', null], 0],
    ['unblock', ['blocked', null], 1],
    ['unblock', FRIENDS, 0],
  ])('%s from %j raises the version of who may write by %i', async (action, before, raised) => {
    await set(before);
    const { id } = await store.log.ensureDirect(ann.id, bob.id);
    const version = async () => (await store.log.heads([id]))[0]?.membersVersion ?? NaN;
    const versionBefore = await version();
    await friends[action](ann.id, bob.id);
    expect(await version()).toBe(versionBefore + raised);
  });

  test.each<[string, Pair]>([
    ['waits', ASKED],
    ['is blocked, and can’t tell', ['requested', 'blocked']],
  ])('whoever asks again while the request %s changes nothing of it', async (_what, before) => {
    await set(before);
    const requestsOf = () => friends.requests(ann.id, { afterId: 0, limit: 10 });
    const requests = await requestsOf();
    expect(requests).toMatchObject([{ user: { id: bob.id }, outgoing: true }]);
    domain.clock.advance(1_000);
    expect(await friends.add(ann.id, bob.id)).toBe('requested');
    expect(await requestsOf()).toEqual(requests);
  });

  test('two who ask each other at the same moment are friends', async () => {
    const told = await Promise.all([friends.add(ann.id, bob.id), friends.add(bob.id, ann.id)]);
    expect(told.sort()).toEqual(['accepted', 'requested']);
    expect(await get()).toEqual(FRIENDS);
  });
});

test('among friends only, becoming friends and ceasing to be so holds for the very next send', async () => {
  expect(reasonOf(await domain.sendOne(ann, toUser(bob)))).toBe('RECIPIENT_UNAVAILABLE');
  await friends.add(ann.id, bob.id);
  expect(reasonOf(await domain.sendOne(ann, toUser(bob)))).toBe('RECIPIENT_UNAVAILABLE');
  await friends.accept(bob.id, ann.id);
  expect((await domain.sendOne(ann, toUser(bob))).ok).toBe(true);
  expect((await domain.sendOne(bob, toUser(ann))).ok).toBe(true);
  await friends.remove(bob.id, ann.id);
  expect(reasonOf(await domain.sendOne(ann, toUser(bob)))).toBe('RECIPIENT_UNAVAILABLE');
});

test('who answers nothing makes no conversation with a stranger', async () => {
  await friends.decline(ann.id, bob.id);
  await friends.remove(ann.id, bob.id);
  await expect(friends.accept(ann.id, bob.id)).rejects.toMatchObject({ reason: 'FRIEND_REQUEST_NOT_FOUND' });
  expect(await store.log.direct(ann.id, bob.id)).toBeUndefined();
});

test('oneself, and nobody, can not be a friend', async () => {
  await expect(friends.add(ann.id, ann.id)).rejects.toMatchObject({ reason: 'SELF_NOT_ALLOWED' });
  await expect(friends.add(ann.id, 999_999)).rejects.toMatchObject({ reason: 'USER_NOT_FOUND' });
  await expect(friends.accept(ann.id, 999_999)).rejects.toMatchObject({ reason: 'FRIEND_REQUEST_NOT_FOUND' });
});

test('accepted twenty times over, they are friends once', async () => {
  await friends.add(ann.id, bob.id);
  await Promise.all([
    ...Array.from({ length: 20 }, () => friends.accept(bob.id, ann.id)),
    ...Array.from({ length: 20 }, () => friends.add(bob.id, ann.id)),
  ]);
  expect(await get()).toEqual(FRIENDS);
  const list = await friends.list(bob.id, { afterId: 0, limit: 10 });
  expect(list.map(({ user }) => user.id)).toEqual([ann.id]);
});

describe('the streams of both', () => {
  test.each<[Action, Pair, boolean]>([
    ['add', NOTHING, false],
    ['add', ASKS, true],
    ['accept', ASKS, true],
    ['decline', ASKS, false],
    ['remove', FRIENDS, true],
    ['block', FRIENDS, true],
    // Whoever is no friend hears nothing of a block, nor of its end.
    ['block', NOTHING, false],
    ['unblock', ['blocked', null], false],
  ])('are told of %s from %j: %s', async (action, before, told) => {
    await set(before);
    await friends[action](ann.id, bob.id);
    const events = [
      { channel: `user:${ann.id}`, event: { type: 'friendship', userId: ann.id, friendId: bob.id } },
      { channel: `user:${bob.id}`, event: { type: 'friendship', userId: bob.id, friendId: ann.id } },
    ];
    expect(domain.bus.published).toEqual(told ? events : []);
  });
});

test('a block holds for the very next send of both, and so does its end', async () => {
  await set(FRIENDS);
  expect((await domain.sendOne(bob, toUser(ann))).ok).toBe(true);
  await friends.block(ann.id, bob.id);
  expect(reasonOf(await domain.sendOne(bob, toUser(ann)))).toBe('RECIPIENT_UNAVAILABLE');
  expect(reasonOf(await domain.sendOne(ann, toUser(bob)))).toBe('RECIPIENT_UNAVAILABLE');
  await friends.unblock(ann.id, bob.id);
  await friends.add(ann.id, bob.id);
  await friends.accept(bob.id, ann.id);
  expect((await domain.sendOne(bob, toUser(ann))).ok).toBe(true);
});

describe('an account that is deleted', () => {
  beforeEach(async () => {
    await store.transact(async (tx) => {
      await tx.accounts.lock(bob.id);
      await tx.accounts.beginDeletion(bob.id);
    });
  });

  test('can not be asked or blocked, as if it had never been', async () => {
    await expect(friends.add(ann.id, bob.id)).rejects.toMatchObject({ reason: 'USER_NOT_FOUND' });
    await expect(friends.block(ann.id, bob.id)).rejects.toMatchObject({ reason: 'USER_NOT_FOUND' });
    expect(await store.log.direct(ann.id, bob.id)).toBeUndefined();
  });

  test('gets no row from what was under way when it went', async () => {
    const known = withMethods(store.accounts, { byId: async () => bob });
    const { bus, clock } = domain;
    const late = new Friends({ store: withMethods(domain.store, { accounts: known }), bus, clock, expiry });
    await expect(late.add(ann.id, bob.id)).rejects.toMatchObject({ reason: 'USER_NOT_FOUND' });
    await expect(late.accept(ann.id, bob.id)).rejects.toMatchObject({ reason: 'FRIEND_REQUEST_NOT_FOUND' });
    await late.remove(ann.id, bob.id);
    await expect(late.add(bob.id, ann.id)).rejects.toMatchObject({ reason: 'USER_NOT_FOUND' });
    expect(await get()).toEqual(NOTHING);
  });
});
