import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { Domain, openMemoryStore, withTransactions } from '../../test/domain/domain.ts';
import { forgetfulStore } from '../../test/domain/forgetful-store.ts';
import { Friends } from '../friends/friends.ts';
import { RequestExpiry } from '../friends/request-expiry.ts';
import type { UserRecord } from '../store/seam/records.ts';
import { OutcomeUnknown } from '../store/seam/failures.ts';
import type { Store } from '../store/seam/store.ts';
import { createGroup } from './create-group.ts';
import { deleteGroup } from './delete-group.ts';
import type { GroupsParts } from './groups.ts';
import { Membership } from './membership.ts';
import { Roles } from './roles.ts';
import { updateGroup } from './update-group.ts';

let store: Store;
let domain: Domain;
let parts: GroupsParts;
let ann: UserRecord;
let bob: UserRecord;

beforeAll(async () => {
  store = await openMemoryStore();
});

afterAll(async () => {
  await store[Symbol.asyncDispose]();
});

beforeEach(async () => {
  domain = new Domain(store);
  parts = { store: forgetfulStore(store), bus: domain.bus, clock: domain.clock, events: domain.events };
  [ann, bob] = [await domain.makeUser(), await domain.makeUser()];
});

const make = (requestId: string) =>
  createGroup(parts, ann, { name: 'team', description: '', joinPolicy: 'open', memberLimit: 0, requestId });
const groupsOf = ({ id }: UserRecord) => store.groups.list(id, { afterId: 0, limit: 10 });
const kindsIn = async (conversationId: number) =>
  (await store.log.read(conversationId, 0, { limit: 100, maxBytes: 1e6 })).map(({ body }) => {
    if (body.kind === 'group_change') return Object.keys(body.changes).join();
    return body.kind === 'membership' ? body.change : body.kind;
  });

describe('a commit whose answer was lost', () => {
  test('makes one group, and gives it where the request has an id', async () => {
    const group = await make(randomUUID());
    expect(await groupsOf(ann)).toMatchObject([{ group: { id: group.id } }]);
    expect(await kindsIn(group.conversationId)).toEqual(['joined']);
  });

  test('makes one group, and says that it is not known, where the request has none', async () => {
    await expect(make('')).rejects.toThrow(OutcomeUnknown);
    expect(await groupsOf(ann)).toHaveLength(1);
  });

  test('changes a membership once', async () => {
    const membership = new Membership(parts);
    const group = await make(randomUUID());
    await membership.join(bob, group.id);
    await membership.leave(bob, group.id);
    await membership.invite(ann, group.id, bob.id);
    expect(await kindsIn(group.conversationId)).toEqual(['joined', 'joined', 'left', 'invited']);
  });

  test('changes a group, its roles and its members once, and ends it once', async () => {
    const [membership, roles] = [new Membership(parts), new Roles(parts)];
    const group = await make(randomUUID());
    await membership.join(bob, group.id);
    await membership.remove(ann, group.id, bob.id);
    await membership.join(bob, group.id);
    await roles.set(ann, group.id, bob.id, 'admin');
    await roles.transferOwnership(ann, group.id, bob.id);
    await updateGroup(parts, ann, group.id, { name: 'other' });
    await deleteGroup(parts, bob, group.id);
    const roleChanges = ['role_changed', 'role_changed', 'role_changed'];
    const kinds = ['joined', 'joined', 'removed', 'joined', ...roleChanges, 'name', 'deleted'];
    expect(await kindsIn(group.conversationId)).toEqual(kinds);
  });

  test('keeps, declines and takes back a request to join', async () => {
    const membership = new Membership(parts);
    const group = await make(randomUUID());
    await updateGroup(parts, ann, group.id, { joinPolicy: 'approval' });
    const waiting = async () => (await store.groups.requestedBy(bob.id, { afterId: 0, limit: 10 })).length;
    await membership.join(bob, group.id);
    expect(await waiting()).toBe(1);
    await membership.decline(ann, group.id, bob.id);
    expect(await waiting()).toBe(0);
    await membership.join(bob, group.id);
    await membership.leave(bob, group.id);
    expect(await waiting()).toBe(0);
  });

  test('makes friends once, and ends a friendship once', async () => {
    using expiry = new RequestExpiry(parts, { requestTtlMs: 1_000 });
    const friends = new Friends({ ...parts, expiry });
    const list = async () => (await friends.list(ann.id, { afterId: 0, limit: 10 })).map(({ user }) => user.id);
    expect(await friends.add(ann.id, bob.id)).toBe('requested');
    expect(await friends.add(bob.id, ann.id)).toBe('accepted');
    expect(await list()).toEqual([bob.id]);
    await friends.remove(ann.id, bob.id);
    expect(await list()).toEqual([]);
    expect(await friends.requests(ann.id, { afterId: 0, limit: 10 })).toEqual([]);
  });
});

test('a change that is asked for again after that is made once, and reaches the user’s streams', async () => {
  const group = await make(randomUUID());
  const lossy = withTransactions(store, async (run) => {
    await run();
    throw new OutcomeUnknown('the answer was lost');
  });
  const { published } = domain.bus;
  published.length = 0;
  await expect(new Membership({ ...parts, store: lossy }).join(bob, group.id)).rejects.toThrow(OutcomeUnknown);
  expect(published).toEqual([]);
  await new Membership({ ...parts, store }).join(bob, group.id);
  expect(await kindsIn(group.conversationId)).toEqual(['joined', 'joined']);
  const event = { type: 'membership', conversationId: group.conversationId, userId: bob.id };
  expect(published).toEqual([{ channel: `user:${bob.id}`, event }]);
});
