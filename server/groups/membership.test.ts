import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { Domain, openMemoryStore, reasonOf, toGroup } from '../../test/domain/domain.ts';
import type { GroupRecord, JoinPolicy, UserRecord } from '../store/seam/records.ts';
import type { Store } from '../store/seam/store.ts';
import { createGroup, type NewGroup } from './create-group.ts';
import { Groups } from './groups.ts';
import { Membership } from './membership.ts';

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

function make(joinPolicy: JoinPolicy = 'open', options: Partial<NewGroup> = {}): Promise<GroupRecord> {
  const wanted = { name: 'team', description: '', joinPolicy, memberLimit: 0, requestId: '', ...options };
  return createGroup(domain, ann, wanted);
}

/** The log of a group: who did what to whom. */
async function log(group: GroupRecord): Promise<string[]> {
  const entries = await store.log.read(group.conversationId, 0, { limit: 1_000, maxBytes: 1e9 });
  const nameOf = (id: number) =>
    [['ann', ann] as const, ['bob', bob] as const, ['cyd', cyd] as const].find(([, user]) => user.id === id)?.[0];
  return entries.map(({ seq, senderId, body }) =>
    body.kind === 'membership'
      ? `${seq} ${nameOf(senderId)} ${body.change} ${nameOf(body.userId)} as ${body.role}`
      : `${seq} ${nameOf(senderId)} says`,
  );
}

const versionOf = async (group: GroupRecord) =>
  (await store.log.heads([group.conversationId]))[0]?.membersVersion ?? NaN;

describe('joining and leaving', () => {
  test('each change is an entry, raises the version and is published to the group and to the user', async () => {
    const group = await make();
    const before = await versionOf(group);
    await membership.join(bob, group.id);
    await membership.invite(ann, group.id, cyd.id);
    await membership.leave(bob, group.id);
    await membership.join(bob, group.id);
    expect(await log(group)).toEqual([
      '1 ann joined ann as owner',
      '2 bob joined bob as member',
      '3 ann invited cyd as member',
      '4 bob left bob as null',
      '5 bob joined bob as member',
    ]);
    expect(await versionOf(group)).toBe(before + 4);
    expect(domain.bus.entries(`group:${group.id}`).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
    const told = domain.bus.published.filter(({ event }) => event.type === 'membership').map(({ channel }) => channel);
    expect(told).toEqual([ann, bob, cyd, bob, bob].map(({ id }) => `user:${id}`));
    expect((await store.groups.byId(group.id))?.memberCount).toBe(3);
  });

  test('is published under the version that it makes', async () => {
    const group = await make();
    const published = () => domain.bus.published.flatMap(({ event }) => (event.type === 'entry' ? [event] : []));
    const changes = [
      () => membership.join(bob, group.id),
      () => membership.invite(bob, group.id, cyd.id),
      () => membership.leave(bob, group.id),
    ];
    for (const change of changes) {
      await change();
      expect(published().at(-1)?.membersVersion).toBe(await versionOf(group));
    }
    expect(published()).toHaveLength(1 + changes.length);
  });

  test('joining, inviting or leaving again is a no-op', async () => {
    const group = await make();
    const before = await versionOf(group);
    await membership.join(bob, group.id);
    await membership.join(bob, group.id);
    await membership.invite(ann, group.id, bob.id);
    await membership.leave(bob, group.id);
    await membership.leave(bob, group.id);
    expect(await log(group)).toHaveLength(3);
    expect(await versionOf(group)).toBe(before + 2);
  });

  test('twenty joins at once make one entry', async () => {
    const group = await make();
    await Promise.all(Array.from({ length: 20 }, () => membership.join(bob, group.id)));
    expect(await log(group)).toHaveLength(2);
  });

  test.each<[JoinPolicy, string | null]>([
    ['open', null],
    ['invite_only', 'GROUP_NOT_FOUND'],
  ])('a group that is %s: %s', async (joinPolicy, reason) => {
    const group = await make(joinPolicy);
    const joined = membership.join(bob, group.id);
    if (reason === null) await joined;
    else await expect(joined).rejects.toMatchObject({ reason });
    await membership.invite(ann, group.id, cyd.id);
    const invited = membership.invite(cyd, group.id, bob.id);
    if (joinPolicy === 'open') await invited;
    else await expect(invited).rejects.toMatchObject({ reason: 'ROLE_INSUFFICIENT' });
  });

  test('to strangers an invite-only group and none at all are the same', async () => {
    const hidden = await make('invite_only');
    const attempts = (groupId: number) => [
      membership.join(bob, groupId),
      membership.leave(bob, groupId),
      membership.invite(bob, groupId, cyd.id),
      groups.view(bob.id, groupId),
      groups.members(bob.id, groupId, { afterId: 0, limit: 10 }),
    ];
    const told = await Promise.all(
      [hidden.id, 999_999].map((id) =>
        Promise.all(attempts(id).map((attempt) => attempt.catch((error: unknown) => error))),
      ),
    );
    expect(told[0]).toEqual(told[1]);
    for (const error of told[0] ?? []) expect(error).toMatchObject({ reason: 'GROUP_NOT_FOUND' });
  });

  test('a group holds as many as its limit', async () => {
    const group = await make('open', { memberLimit: 2 });
    const joins = await Promise.allSettled([membership.join(bob, group.id), membership.join(cyd, group.id)]);
    expect(joins.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await expect(membership.invite(ann, group.id, cyd.id)).rejects.toMatchObject({ reason: 'GROUP_FULL' });
  });

  test('the owner stays as long as there are others', async () => {
    const group = await make();
    await membership.join(bob, group.id);
    await expect(membership.leave(ann, group.id)).rejects.toMatchObject({ reason: 'OWNER_CANNOT_LEAVE' });
    await membership.leave(bob, group.id);
    await membership.leave(ann, group.id);
    expect((await store.groups.byId(group.id))?.memberCount).toBe(0);
  });

  test('a group that its last member has left is over: nobody would own it', async () => {
    const group = await make();
    await membership.leave(ann, group.id);
    for (const user of [ann, bob]) {
      await expect(membership.join(user, group.id)).rejects.toMatchObject({ reason: 'GROUP_NOT_FOUND' });
    }
    await expect(groups.view(bob.id, group.id)).rejects.toMatchObject({ reason: 'GROUP_NOT_FOUND' });
    await membership.leave(ann, group.id);
  });

  test('nobody can be invited who is not there, or past a block', async () => {
    const group = await make();
    await expect(membership.invite(ann, group.id, 999_999)).rejects.toMatchObject({ reason: 'USER_NOT_FOUND' });
    await store.transact((tx) => tx.friends.set(bob.id, ann.id, 'blocked', 0));
    await expect(membership.invite(ann, group.id, bob.id)).rejects.toMatchObject({ reason: 'RECIPIENT_UNAVAILABLE' });
  });
});

test('admins invite into any group, members into open ones, and strangers are told of none', async () => {
  for (const joinPolicy of ['open', 'invite_only', 'approval'] as const) {
    const group = await make(joinPolicy);
    const dan = await domain.makeUser();
    const byStranger = membership.invite(bob, group.id, cyd.id);
    await expect(byStranger).rejects.toMatchObject({ reason: 'GROUP_NOT_FOUND' });
    await store.transact(async (tx) => {
      const [head] = await tx.log.lock([group.conversationId], 'wait');
      await tx.groups.openPeriod(group.id, bob.id, (head?.lastSeq ?? 0) + 1, 'admin');
    });
    await membership.invite(bob, group.id, cyd.id);
    await membership.invite(bob, group.id, bob.id);
    const byMember = membership.invite(cyd, group.id, dan.id);
    if (joinPolicy === 'open') await byMember;
    else await expect(byMember).rejects.toMatchObject({ reason: 'ROLE_INSUFFICIENT' });
  }
});

test('whoever left an invite-only group can only be invited back', async () => {
  const group = await make('invite_only');
  await membership.invite(ann, group.id, bob.id);
  await membership.leave(bob, group.id);
  await expect(membership.join(bob, group.id)).rejects.toMatchObject({ reason: 'GROUP_NOT_FOUND' });
  await membership.invite(ann, group.id, bob.id);
  expect((await groups.view(bob.id, group.id)).role).toBe('member');
});

test('a block in either direction stands in the way of an invitation, not of joining', async () => {
  for (const [blocker, blocked] of [
    [ann, bob],
    [bob, ann],
  ] as const) {
    const group = await make();
    await store.transact((tx) => tx.friends.set(blocker.id, blocked.id, 'blocked', 0));
    await expect(membership.invite(ann, group.id, bob.id)).rejects.toMatchObject({ reason: 'RECIPIENT_UNAVAILABLE' });
    await membership.join(bob, group.id);
    await store.transact((tx) => tx.friends.set(blocker.id, blocked.id, null, 0));
  }
});

test.each<JoinPolicy>(['open', 'invite_only', 'approval'])(
  'a group that is %s is over when its last member leaves',
  async (policy) => {
    const group = await make(policy);
    await membership.leave(ann, group.id);
    for (const user of [ann, bob]) {
      await expect(membership.join(user, group.id)).rejects.toMatchObject({ reason: 'GROUP_NOT_FOUND' });
      await expect(groups.view(user.id, group.id)).rejects.toMatchObject({ reason: 'GROUP_NOT_FOUND' });
      expect(reasonOf(await domain.sendOne(user, toGroup(group)))).toBe('NOT_A_MEMBER');
    }
    await membership.leave(ann, group.id);
    expect(await log(group)).toEqual(['1 ann joined ann as owner', '2 ann left ann as null']);
  },
);

describe('the fence', () => {
  test('leaving holds for the very next send, joining too, however warm the cache', async () => {
    const group = await make();
    await membership.join(bob, group.id);
    expect((await domain.sendOne(bob, toGroup(group))).ok).toBe(true);
    await membership.leave(bob, group.id);
    expect(reasonOf(await domain.sendOne(bob, toGroup(group)))).toBe('NOT_A_MEMBER');
    await membership.join(bob, group.id);
    expect((await domain.sendOne(bob, toGroup(group))).ok).toBe(true);
  });

  test('strangers can not write, and can’t tell a group from none', async () => {
    const group = await make();
    const told = [await domain.sendOne(bob, toGroup(group)), await domain.sendOne(bob, toGroup({ id: 999_999 }))];
    expect(told.map(reasonOf)).toEqual(['NOT_A_MEMBER', 'NOT_A_MEMBER']);
  });
});
