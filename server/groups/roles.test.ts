import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { openMemoryStore } from '../../test/domain/domain.ts';
import { GroupWorld, type People } from '../../test/domain/group-world.ts';
import type { GroupRecord } from '../store/seam/records.ts';
import type { Store } from '../store/seam/store.ts';
import { deleteGroup } from './delete-group.ts';

const INSUFFICIENT = { reason: 'ROLE_INSUFFICIENT' };
const NO_USER = { reason: 'USER_NOT_FOUND' };

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
  group = await world.group({}, [people.bob, people.cyd]);
  world.told();
});

describe('a role', () => {
  test('is given and taken by an entry each', async () => {
    const version = await world.version(group);
    await world.roles.set(people.ann, group.id, people.bob.id, 'admin');
    expect(await world.members(group)).toEqual({ ann: 'owner', bob: 'admin', cyd: 'member' });
    await world.roles.set(people.ann, group.id, people.bob.id, 'member');
    expect(await world.members(group)).toEqual({ ann: 'owner', bob: 'member', cyd: 'member' });
    expect((await world.story(group)).slice(3)).toEqual([
      '4 ann role_changed bob as admin',
      '5 ann role_changed bob as member',
    ]);
    expect(world.told()).toEqual([`group 4 v${version + 1}`, `group 5 v${version + 2}`]);
  });

  test('that somebody has already is no change', async () => {
    await world.roles.set(people.ann, group.id, people.bob.id, 'member');
    expect(await world.story(group)).toHaveLength(3);
    expect(world.told()).toEqual([]);
  });

  test('is given to members only, and the owner keeps theirs', async () => {
    const set = (userId: number) => world.roles.set(people.ann, group.id, userId, 'admin');
    for (const userId of [people.dan.id, 999_999]) await expect(set(userId)).rejects.toMatchObject(NO_USER);
    await expect(set(people.ann.id)).rejects.toMatchObject(INSUFFICIENT);
    expect(await world.story(group)).toHaveLength(3);
  });

  test('ends with the membership: who comes back is a member', async () => {
    await world.roles.set(people.ann, group.id, people.bob.id, 'admin');
    await world.membership.leave(people.bob, group.id);
    await world.membership.join(people.bob, group.id);
    expect(await world.members(group)).toMatchObject({ bob: 'member' });
  });
});

describe('the ownership', () => {
  test('passes on by two entries of one transaction, and the owner before is an admin', async () => {
    const version = await world.version(group);
    await world.roles.transferOwnership(people.ann, group.id, people.bob.id);
    expect((await world.story(group)).slice(3)).toEqual([
      '4 ann role_changed bob as owner',
      '5 ann role_changed ann as admin',
    ]);
    expect(await world.members(group)).toEqual({ ann: 'admin', bob: 'owner', cyd: 'member' });
    expect(await store.groups.byId(group.id)).toMatchObject({ ownerId: people.bob.id });
    expect(await world.version(group)).toBe(version + 1);
    expect(world.told()).toEqual([`group 4 v${version + 1}`, `group 5 v${version + 1}`]);
  });

  test('passes on once, however often it is asked for', async () => {
    const transfer = () => world.roles.transferOwnership(people.ann, group.id, people.bob.id);
    await Promise.all([transfer(), transfer()]);
    await transfer();
    await world.roles.transferOwnership(people.bob, group.id, people.bob.id);
    expect(await world.story(group)).toHaveLength(5);
    await expect(world.roles.transferOwnership(people.ann, group.id, people.cyd.id)).rejects.toMatchObject(
      INSUFFICIENT,
    );
    await expect(world.roles.transferOwnership(people.cyd, group.id, people.bob.id)).rejects.toMatchObject(
      INSUFFICIENT,
    );
  });

  test('goes to members only', async () => {
    for (const userId of [people.dan.id, 999_999]) {
      await expect(world.roles.transferOwnership(people.ann, group.id, userId)).rejects.toMatchObject(NO_USER);
    }
    expect(await store.groups.byId(group.id)).toMatchObject({ ownerId: people.ann.id });
  });

  test('lets the one before leave, and is all that the new one needs', async () => {
    await world.roles.transferOwnership(people.ann, group.id, people.bob.id);
    await world.membership.leave(people.ann, group.id);
    await expect(deleteGroup(world.domain, people.ann, group.id)).rejects.toMatchObject({ reason: 'GROUP_NOT_FOUND' });
    await deleteGroup(world.domain, people.bob, group.id);
    expect(await world.members(group)).toEqual({});
  });
});
