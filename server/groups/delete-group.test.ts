import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';

import { openMemoryStore, reasonOf, toGroup } from '../../test/domain/domain.ts';
import { GroupWorld, type People } from '../../test/domain/group-world.ts';
import type { GroupRecord, JoinPolicy } from '../store/seam/records.ts';
import type { Store } from '../store/seam/store.ts';
import { deleteGroup } from './delete-group.ts';
import { updateGroup } from './update-group.ts';

const ALL = { afterId: 0, limit: 100 };
const READ = { limit: 100, maxBytes: 1e6, includeEarlier: true };
const NOT_FOUND = { reason: 'GROUP_NOT_FOUND' };

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

const end = (group: GroupRecord, user = people.ann) => deleteGroup(world.domain, user, group.id);

test('everybody is out at its last entry, which all of them are told of', async () => {
  const group = await world.group({}, [people.bob, people.cyd]);
  await world.membership.leave(people.cyd, group.id);
  const version = await world.version(group);
  world.told();
  await end(group);
  expect((await world.story(group)).slice(4)).toEqual(['5 ann {"deleted":true}']);
  expect(await world.members(group)).toEqual({});
  expect(await world.version(group)).toBe(version + 1);
  expect(world.told()).toEqual([`group 5 v${version + 1}`, 'ann looks', 'bob looks']);
});

test.each<JoinPolicy>(['open', 'approval', 'invite_only'])(
  'one that was %s is found by nobody any more',
  async (joinPolicy) => {
    const { ann, bob, cyd } = people;
    const group = await world.group({ joinPolicy }, [bob]);
    await end(group);
    for (const user of [ann, bob, cyd]) {
      const attempts = [
        world.groups.view(user.id, group.id),
        world.groups.members(user.id, group.id, ALL),
        world.groups.joinRequests(user.id, group.id, ALL),
        world.membership.join(user, group.id),
        world.membership.invite(user, group.id, people.dan.id),
        world.membership.remove(user, group.id, bob.id),
        world.membership.decline(user, group.id, bob.id),
        world.roles.set(user, group.id, bob.id, 'admin'),
        world.roles.transferOwnership(user, group.id, bob.id),
        updateGroup(world.domain, user, group.id, { name: 'other' }),
      ];
      for (const attempt of await Promise.allSettled(attempts)) expect(attempt).toMatchObject({ reason: NOT_FOUND });
      expect(await store.groups.list(user.id, ALL)).toEqual([]);
      expect(reasonOf(await world.domain.sendOne(user, toGroup(group)))).toBe('NOT_A_MEMBER');
    }
    await expect(end(group, bob)).rejects.toMatchObject(NOT_FOUND);
    expect(await world.story(group)).toHaveLength(3);
  },
);

test('what its members could read they still can, and no more', async () => {
  const { ann, bob } = people;
  const group = await world.group();
  await world.domain.sendOne(ann, toGroup(group), 'before');
  await world.membership.join(bob, group.id);
  await end(group);
  const seqs = async (userId: number) =>
    (await store.log.readVisible(userId, group.conversationId, { afterSeq: 0 }, READ)).entries.map(({ seq }) => seq);
  expect(await seqs(ann.id)).toEqual([1, 2, 3, 4]);
  expect(await seqs(bob.id)).toEqual([3, 4]);
  expect(await store.log.summaries(bob.id, { limit: 10 })).toMatchObject([{ closed: true, lastSeq: 4 }]);
});

test('the owner may repeat it, and those who were members may leave what has ended', async () => {
  const { bob } = people;
  const group = await world.group({}, [bob]);
  await end(group);
  await end(group);
  await world.membership.leave(bob, group.id);
  expect(await world.story(group)).toHaveLength(3);
});

test('of many at once one deletes it', async () => {
  const group = await world.group();
  await Promise.all(Array.from({ length: 10 }, () => end(group)));
  expect(await world.story(group)).toHaveLength(2);
});

test('nobody waits for it any more', async () => {
  const { ann, cyd } = people;
  const [deleted, left] = [
    await world.group({ joinPolicy: 'approval' }),
    await world.group({ joinPolicy: 'approval' }),
  ];
  for (const { id } of [deleted, left]) await world.membership.join(cyd, id);
  await end(deleted);
  await world.membership.leave(ann, left.id);
  expect(await store.groups.requestedBy(cyd.id, ALL)).toEqual([]);
});
