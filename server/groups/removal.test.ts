import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';

import { openMemoryStore, reasonOf, toGroup } from '../../test/domain/domain.ts';
import { GroupWorld, type People } from '../../test/domain/group-world.ts';
import type { Store } from '../store/seam/store.ts';
import { deleteGroup } from './delete-group.ts';

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

test('a removal is an entry under a new version, once, and told to the group and to who is out', async () => {
  const { ann, bob } = people;
  const group = await world.group({}, [bob]);
  const version = await world.version(group);
  world.told();
  await world.membership.remove(ann, group.id, bob.id);
  await world.membership.remove(ann, group.id, bob.id);
  expect((await world.story(group)).slice(2)).toEqual(['3 ann removed bob']);
  expect(await world.version(group)).toBe(version + 1);
  expect(world.told()).toEqual([`group 3 v${version + 1}`, 'bob looks', 'bob looks']);
});

test('the removal of nobody is a no-op for who might remove them, whether or not there is such a user', async () => {
  const group = await world.group();
  for (const userId of [people.cyd.id, 999_999]) await world.membership.remove(people.ann, group.id, userId);
  expect(await world.story(group)).toHaveLength(1);
});

test('a removal stands in nobody’s way to come back where the group is open', async () => {
  const { ann, bob } = people;
  const group = await world.group({}, [bob]);
  await world.membership.remove(ann, group.id, bob.id);
  await world.membership.join(bob, group.id);
  expect(await world.members(group)).toEqual({ ann: 'owner', bob: 'member' });
});

test('a removal and the end of the group hold for the very next send, however warm the cache', async () => {
  const { ann, bob, cyd } = people;
  const group = await world.group({}, [bob, cyd]);
  const send = async (user: typeof ann) => reasonOf(await world.domain.sendOne(user, toGroup(group)));
  for (const user of [ann, bob, cyd]) expect(await send(user)).toBeUndefined();
  await world.membership.remove(ann, group.id, bob.id);
  expect(await send(bob)).toBe('NOT_A_MEMBER');
  expect(await send(cyd)).toBeUndefined();
  await deleteGroup(world.domain, ann, group.id);
  for (const user of [ann, cyd]) expect(await send(user)).toBe('NOT_A_MEMBER');
});
