import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { Domain, openMemoryStore } from '../../test/domain/domain.ts';
import type { GroupRecord, JoinPolicy, UserRecord } from '../store/seam/records.ts';
import type { Store } from '../store/seam/store.ts';
import { createGroup } from './create-group.ts';
import { Groups } from './groups.ts';
import { Membership } from './membership.ts';

const ALL = { afterId: 0, limit: 100 };
const NOT_FOUND = { reason: 'GROUP_NOT_FOUND' };

let store: Store;
let domain: Domain;
let groups: Groups;
let membership: Membership;
let ann: UserRecord;
let bob: UserRecord;
let cyd: UserRecord;

beforeAll(async () => {
  store = await openMemoryStore();
});

afterAll(async () => {
  await store[Symbol.asyncDispose]();
});

beforeEach(async () => {
  domain = new Domain(store);
  groups = new Groups(store);
  membership = new Membership(domain);
  [ann, bob, cyd] = [await domain.makeUser(), await domain.makeUser(), await domain.makeUser()];
});

const make = (joinPolicy: JoinPolicy = 'open'): Promise<GroupRecord> =>
  createGroup(domain, ann, { name: 'team', description: '', joinPolicy, memberLimit: 0, requestId: '' });

describe('a group', () => {
  test.each<[JoinPolicy, boolean]>([
    ['open', true],
    ['approval', true],
    ['invite_only', false],
  ])('that is %s is shown to strangers: %s', async (joinPolicy, shown) => {
    const group = await make(joinPolicy);
    const view = groups.view(bob.id, group.id);
    if (shown) expect(await view).toEqual({ group, role: null });
    else await expect(view).rejects.toMatchObject(NOT_FOUND);
  });

  test.each<JoinPolicy>(['open', 'approval', 'invite_only'])(
    'that is %s is shown to members, with the role they have',
    async (joinPolicy) => {
      const group = await make(joinPolicy);
      await membership.invite(ann, group.id, bob.id);
      expect(await groups.view(ann.id, group.id)).toEqual({ group: { ...group, memberCount: 2 }, role: 'owner' });
      expect(await groups.view(bob.id, group.id)).toMatchObject({ role: 'member' });
    },
  );

  test('is a stranger’s again once one has left', async () => {
    const [open, hidden] = [await make('open'), await make('invite_only')];
    for (const { id } of [open, hidden]) {
      await membership.invite(ann, id, bob.id);
      await membership.leave(bob, id);
    }
    expect(await groups.view(bob.id, open.id)).toMatchObject({ role: null });
    await expect(groups.view(bob.id, hidden.id)).rejects.toMatchObject(NOT_FOUND);
  });
});

test('one’s groups are those that one is in now, with the role in each', async () => {
  const [first, second, third] = [await make(), await make('invite_only'), await make()];
  for (const { id } of [first, second, third]) await membership.invite(ann, id, bob.id);
  await membership.leave(bob, first.id);
  const listed = async (user: UserRecord) =>
    (await groups.list(user.id, ALL)).map(({ group, role }) => [group.id, role]);
  expect(await listed(bob)).toEqual([
    [second.id, 'member'],
    [third.id, 'member'],
  ]);
  expect(await listed(ann)).toEqual([first, second, third].map(({ id }) => [id, 'owner']));
  expect(await listed(cyd)).toEqual([]);
});

describe('who is in a group', () => {
  test('is told to members, by id, a page at a time', async () => {
    const group = await make();
    await membership.join(cyd, group.id);
    await membership.join(bob, group.id);
    const page = await groups.members(bob.id, group.id, ALL);
    expect(page.map(({ user, member }) => [user.id, member.role, member.joinedSeq])).toEqual([
      [ann.id, 'owner', 1],
      [bob.id, 'member', 3],
      [cyd.id, 'member', 2],
    ]);
    expect(await groups.members(bob.id, group.id, { afterId: ann.id, limit: 1 })).toEqual([page[1]]);
  });

  test('is told to nobody else, also not of an open group', async () => {
    const group = await make();
    await membership.join(bob, group.id);
    await membership.leave(bob, group.id);
    for (const { id } of [bob, cyd]) {
      await expect(groups.members(id, group.id, ALL)).rejects.toMatchObject(NOT_FOUND);
    }
  });
});
