import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { openMemoryStore } from '../../test/domain/domain.ts';
import { GroupWorld, type People } from '../../test/domain/group-world.ts';
import type { GroupSettings } from '../store/seam/groups.ts';
import type { GroupRecord } from '../store/seam/records.ts';
import type { Store } from '../store/seam/store.ts';
import { updateGroup } from './update-group.ts';

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
  group = await world.group({ description: 'ours', memberLimit: 7 }, [people.bob, people.cyd]);
  await world.roles.set(people.ann, group.id, people.bob.id, 'admin');
  world.told();
});

const update = (wanted: Partial<GroupSettings>, user = people.ann) => updateGroup(world.domain, user, group.id, wanted);
const record = () => store.groups.byId(group.id);

describe('what is changed', () => {
  test.each<[Partial<GroupSettings>, Partial<GroupSettings>]>([
    [{ name: ' the team ' }, { name: 'the team' }],
    [{ description: '' }, { description: '' }],
    [{ memberLimit: 3 }, { memberLimit: 3 }],
    [{ memberLimit: 0 }, { memberLimit: 500 }],
    [{ joinPolicy: 'approval' }, { joinPolicy: 'approval' }],
    [{ historyVisible: true }, { historyVisible: true }],
    [
      { name: 'team', description: 'all of us', memberLimit: 7, joinPolicy: 'open', historyVisible: true },
      { description: 'all of us', historyVisible: true },
    ],
  ])('%j is one entry with %j', async (wanted, changes) => {
    const [before, version] = [await record(), await world.version(group)];
    await update(wanted, people.bob);
    expect(await record()).toEqual({ ...before, ...changes });
    expect((await world.story(group)).slice(4)).toEqual([`5 bob ${JSON.stringify(changes)}`]);
    // Settings decide who may read, so nobody goes on by a version from before.
    expect(await world.version(group)).toBe(version + 1);
    expect(world.told()).toEqual([`group 5 v${version + 1}`]);
  });

  test.each<Partial<GroupSettings>>([
    {},
    { name: 'team' },
    { name: ' team ', memberLimit: 7 },
    { description: 'ours', joinPolicy: 'open', historyVisible: false },
  ])('nothing is, where %j is so already', async (wanted) => {
    const version = await world.version(group);
    await update(wanted);
    expect(await world.story(group)).toHaveLength(4);
    expect(await world.version(group)).toBe(version);
    expect(world.told()).toEqual([]);
  });
});

describe('what is wrong is refused by its field', () => {
  test.each<[Partial<GroupSettings>, string]>([
    [{ name: ' ' }, 'group.name'],
    [{ name: 'x'.repeat(65) }, 'group.name'],
    [{ description: 'x'.repeat(513) }, 'group.description'],
    [{ memberLimit: 501 }, 'group.member_limit'],
    [{ memberLimit: 1 }, 'group.member_limit'],
    [{ memberLimit: 2 }, 'group.member_limit'],
    [{ name: 'other', memberLimit: 2 }, 'group.member_limit'],
  ])('%j', async (wanted, field) => {
    const before = await record();
    await expect(update(wanted)).rejects.toMatchObject({ reason: 'INVALID_FIELD', violations: [{ field }] });
    expect(await record()).toEqual(before);
    expect(world.told()).toEqual([]);
  });
});

test('a limit that is reached is one: the next one does not come in', async () => {
  await update({ memberLimit: 3 });
  await expect(world.membership.join(people.dan, group.id)).rejects.toMatchObject({ reason: 'GROUP_FULL' });
  await update({ memberLimit: 4 });
  await world.membership.join(people.dan, group.id);
});

test('a policy holds for the next one who comes', async () => {
  await update({ joinPolicy: 'invite_only' });
  await expect(world.membership.join(people.dan, group.id)).rejects.toMatchObject({ reason: 'GROUP_NOT_FOUND' });
  await update({ joinPolicy: 'open' });
  await world.membership.join(people.dan, group.id);
  expect(await world.members(group)).toMatchObject({ dan: 'member' });
});

test('changes that come at once all happen, one after the other', async () => {
  await Promise.all([update({ name: 'one' }), update({ description: 'two' }), update({ historyVisible: true })]);
  expect(await record()).toMatchObject({ name: 'one', description: 'two', historyVisible: true });
  expect(await world.story(group)).toHaveLength(7);
});
