import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { openMemoryStore } from '../../test/domain/domain.ts';
import { GroupWorld, type People } from '../../test/domain/group-world.ts';
import type { GroupRecord, UserRecord } from '../store/seam/records.ts';
import type { Store } from '../store/seam/store.ts';
import { createGroup } from './create-group.ts';
import { JOIN_REQUESTS_MAX } from './membership.ts';
import { updateGroup } from './update-group.ts';

const ALL = { afterId: 0, limit: 100 };

let store: Store;
let world: GroupWorld;
let people: People;
let group: GroupRecord;

beforeAll(async () => {
  store = await openMemoryStore();
});

afterAll(async () => {
  await store[Symbol.asyncDispose]();
});

beforeEach(async () => {
  world = await GroupWorld.make(store);
  people = world.people;
  group = await world.group({ joinPolicy: 'approval' }, [people.bob]);
  world.told();
});

const ask = (user = people.cyd) => world.membership.join(user, group.id);
const story = async () => (await world.story(group)).slice(2);

describe('who asks to join', () => {
  test('waits, once, and is no member: the log says nothing', async () => {
    const version = await world.version(group);
    await Promise.all(Array.from({ length: 5 }, () => ask()));
    await ask(people.dan);
    expect(await world.waiting(group)).toEqual(['cyd', 'dan']);
    const at = world.domain.clock.now();
    expect(await world.groups.joinRequests(people.ann.id, group.id, ALL)).toEqual([
      { user: people.cyd, createdAt: at },
      { user: people.dan, createdAt: at },
    ]);
    expect(await world.groups.view(people.cyd.id, group.id)).toMatchObject({ role: null, group: { memberCount: 2 } });
    expect(await story()).toEqual([]);
    expect(await world.version(group)).toBe(version);
    expect(await store.log.standing(people.cyd.id, group.conversationId)).toBeUndefined();
  });

  test('comes in by an admin’s invitation, which ends the request', async () => {
    await ask();
    await expect(world.membership.invite(people.bob, group.id, people.cyd.id)).rejects.toMatchObject({
      reason: 'ROLE_INSUFFICIENT',
    });
    await world.membership.invite(people.ann, group.id, people.cyd.id);
    expect(await story()).toEqual(['3 ann invited cyd as member']);
    expect(await world.waiting(group)).toEqual([]);
    await ask();
    expect(await world.waiting(group)).toEqual([]);
  });

  test('is declined without being told, and may ask again', async () => {
    await ask();
    world.told();
    await world.membership.decline(people.ann, group.id, people.cyd.id);
    await world.membership.decline(people.ann, group.id, people.cyd.id);
    await world.membership.decline(people.ann, group.id, 999_999);
    expect(await world.waiting(group)).toEqual([]);
    expect(world.told()).toEqual([]);
    await ask();
    expect(await world.waiting(group)).toEqual(['cyd']);
  });

  test('takes it back by leaving, as often as they like', async () => {
    await ask();
    await world.membership.leave(people.cyd, group.id);
    await world.membership.leave(people.cyd, group.id);
    expect(await world.waiting(group)).toEqual([]);
    expect(await story()).toEqual([]);
  });

  test('takes it back also where the group has become invite-only, and is told of no group then', async () => {
    await ask();
    await updateGroup(world.domain, people.ann, group.id, { joinPolicy: 'invite_only' });
    await world.membership.leave(people.cyd, group.id);
    expect(await world.waiting(group)).toEqual([]);
    const again = world.membership.leave(people.cyd, group.id);
    await expect(again).rejects.toMatchObject({ reason: 'GROUP_NOT_FOUND' });
  });

  test('joins where the group has become open, which ends the request', async () => {
    await ask();
    await updateGroup(world.domain, people.ann, group.id, { joinPolicy: 'open' });
    expect(await world.waiting(group)).toEqual(['cyd']);
    await ask();
    expect(await world.waiting(group)).toEqual([]);
    expect(await world.members(group)).toMatchObject({ cyd: 'member' });
  });

  test('comes in only where there is room, and goes on waiting where there is none', async () => {
    await updateGroup(world.domain, people.ann, group.id, { memberLimit: 2 });
    await ask();
    const approve = () => world.membership.invite(people.ann, group.id, people.cyd.id);
    await expect(approve()).rejects.toMatchObject({ reason: 'GROUP_FULL' });
    expect(await world.waiting(group)).toEqual(['cyd']);
    await world.membership.remove(people.ann, group.id, people.bob.id);
    await approve();
    expect(await world.members(group)).toEqual({ ann: 'owner', cyd: 'member' });
  });

  test('is not let in past a block', async () => {
    await ask();
    await store.transact((tx) => tx.friends.set(people.cyd.id, people.ann.id, 'blocked', 0));
    await expect(world.membership.invite(people.ann, group.id, people.cyd.id)).rejects.toMatchObject({
      reason: 'RECIPIENT_UNAVAILABLE',
    });
  });
});

test('so many wait at most; whoever waits already is one of them', async () => {
  await ask();
  const others: UserRecord[] = [];
  for (let n = 1; n < JOIN_REQUESTS_MAX; n += 1) others.push(await world.domain.makeUser());
  await store.transact(async (tx) => {
    for (const { id } of others) await tx.groups.addJoinRequest(group.id, id, 0);
  });
  await expect(ask(people.dan)).rejects.toMatchObject({ reason: 'LIMIT_REACHED', metadata: { limit: '1000' } });
  await ask();
  await world.membership.decline(people.ann, group.id, people.cyd.id);
  await ask(people.dan);
  await expect(ask()).rejects.toMatchObject({ reason: 'LIMIT_REACHED' });
});

test('nobody whose account is deleted is let in, nor asks, nor makes a group', async () => {
  const open = await world.group();
  await store.transact((tx) => tx.accounts.beginDeletion(people.cyd.id));
  for (const { id } of [open, group]) {
    await expect(world.membership.join(people.cyd, id)).rejects.toMatchObject({ reason: 'TOKEN_INVALID' });
    await expect(world.membership.invite(people.ann, id, people.cyd.id)).rejects.toMatchObject({
      reason: 'RECIPIENT_UNAVAILABLE',
    });
  }
  const settings = { name: 'x', description: '', joinPolicy: 'open', memberLimit: 0, requestId: '' } as const;
  await expect(createGroup(world.domain, people.cyd, settings)).rejects.toMatchObject({ reason: 'TOKEN_INVALID' });
  expect(await world.waiting(group)).toEqual([]);
  expect(await world.members(open)).toEqual({ ann: 'owner' });
  expect(await store.groups.list(people.cyd.id, ALL)).toEqual([]);
});
