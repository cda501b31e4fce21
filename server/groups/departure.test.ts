import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { openMemoryStore } from '../../test/domain/domain.ts';
import { forgetfulStore } from '../../test/domain/forgetful-store.ts';
import { GroupWorld, type People } from '../../test/domain/group-world.ts';
import type { GroupRecord, UserRecord } from '../store/seam/records.ts';
import type { Store } from '../store/seam/store.ts';
import { leaveAllGroups } from './departure.ts';

const ALL = { afterId: 0, limit: 1_000 };

let store: Store;
let world: GroupWorld;
let people: People;

beforeAll(async () => {
  store = await openMemoryStore();
});

afterAll(async () => {
  await store[Symbol.asyncDispose]();
});

beforeEach(async () => {
  world = await GroupWorld.make(store);
  people = world.people;
});

const depart = (user: UserRecord) => leaveAllGroups(world.domain, user);

describe('the group of an owner who departs', () => {
  test('goes to the admin who has been there longest', async () => {
    const { ann, bob, cyd, dan } = people;
    const group = await world.group({}, [dan, cyd, bob]);
    for (const { id } of [bob, cyd]) await world.roles.set(ann, group.id, id, 'admin');
    const version = await world.version(group);
    world.told();
    await depart(ann);
    expect((await world.story(group)).slice(6)).toEqual(['7 ann role_changed cyd as owner', '8 ann left ann']);
    expect(await world.members(group)).toEqual({ bob: 'admin', cyd: 'owner', dan: 'member' });
    expect(await store.groups.byId(group.id)).toMatchObject({ ownerId: cyd.id });
    expect(world.told()).toEqual([`group 7 v${version + 1}`, `group 8 v${version + 1}`, 'ann looks']);
    const page = await store.log.readVisible(
      ann.id,
      group.conversationId,
      { afterSeq: 6 },
      { limit: 9, maxBytes: 1e6 },
    );
    expect(page.entries.map(({ seq }) => seq)).toEqual([7, 8]);
  });

  test('goes to the member who has been there longest where there is no admin', async () => {
    const { ann, bob, cyd } = people;
    const group = await world.group({}, [bob, cyd]);
    await world.membership.leave(bob, group.id);
    await world.membership.join(bob, group.id);
    await depart(ann);
    expect(await world.members(group)).toEqual({ bob: 'member', cyd: 'owner' });
  });

  test('is deleted where nobody else is in it', async () => {
    const { ann, bob } = people;
    const group = await world.group({ joinPolicy: 'approval' });
    await world.membership.join(bob, group.id);
    await depart(ann);
    expect(await world.story(group)).toEqual(['1 ann joined ann as owner', '2 ann {"deleted":true}']);
    expect(await world.waiting(group)).toEqual([]);
  });
});

test('who is no owner leaves, whatever they are; groups that they are not in stay as they are', async () => {
  const { ann, bob, cyd } = people;
  const [member, admin, past, foreign] = [
    await world.group({}, [bob]),
    await world.group({ joinPolicy: 'invite_only' }, [bob]),
    await world.group({}, [bob]),
    await world.group({}, [cyd]),
  ];
  await world.roles.set(ann, admin.id, bob.id, 'admin');
  await world.membership.leave(bob, past.id);
  await depart(bob);
  expect((await world.story(member)).at(-1)).toBe('3 bob left bob');
  expect((await world.story(admin)).at(-1)).toBe('4 bob left bob');
  expect((await world.story(past)).at(-1)).toBe('3 bob left bob');
  expect(await world.story(foreign)).toHaveLength(2);
});

test('what they asked to join they take back', async () => {
  const { bob, cyd } = people;
  const groups = [await world.group({ joinPolicy: 'approval' }), await world.group({ joinPolicy: 'approval' })];
  for (const { id } of groups) for (const user of [bob, cyd]) await world.membership.join(user, id);
  await depart(bob);
  expect(await store.groups.requestedBy(bob.id, ALL)).toEqual([]);
  for (const group of groups) expect(await world.waiting(group)).toEqual(['cyd']);
});

test('any number of groups is left; again, or twice at once, it changes nothing more', async () => {
  const { ann, bob } = people;
  const groups: GroupRecord[] = [];
  for (let n = 0; n < 205; n += 1) groups.push(await world.group({}, n % 2 === 0 ? [bob] : []));
  await world.membership.leave(bob, groups[0]!.id);
  await depart(ann);
  expect(await store.groups.list(ann.id, ALL)).toEqual([]);
  await depart(ann);
  expect(await store.groups.list(bob.id, ALL)).toHaveLength(102);
  expect((await world.story(groups[2]!)).slice(2)).toEqual(['3 ann role_changed bob as owner', '4 ann left ann']);
  expect((await world.story(groups[1]!)).slice(1)).toEqual(['2 ann {"deleted":true}']);
  await Promise.all([depart(bob), depart(bob)]);
  expect(await store.groups.list(bob.id, ALL)).toEqual([]);
  expect((await world.story(groups[2]!)).slice(4)).toEqual(['5 bob {"deleted":true}']);
});

test('a commit whose answer was lost is not made twice', async () => {
  const { ann, bob } = people;
  const group = await world.group({}, [bob]);
  const { bus, clock, events } = world.domain;
  await leaveAllGroups({ store: forgetfulStore(store), bus, clock, events }, ann);
  expect((await world.story(group)).slice(2)).toEqual(['3 ann role_changed bob as owner', '4 ann left ann']);
});
