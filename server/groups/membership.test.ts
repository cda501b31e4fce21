import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { Domain, openMemoryStore, reasonOf, toGroup } from '../../test/domain/domain.ts';
import type { GroupRecord, JoinPolicy, UserRecord } from '../store/records.ts';
import type { Store } from '../store/store.ts';
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
    ['approval', 'GROUP_NOT_OPEN'],
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

  test('nobody can be invited who is not there, or past a block', async () => {
    const group = await make();
    await expect(membership.invite(ann, group.id, 999_999)).rejects.toMatchObject({ reason: 'USER_NOT_FOUND' });
    await store.transact((tx) => tx.setFriend(bob.id, ann.id, 'blocked', 0));
    await expect(membership.invite(ann, group.id, bob.id)).rejects.toMatchObject({ reason: 'RECIPIENT_UNAVAILABLE' });
  });
});

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

  test('of sends that cross a leaving, exactly those before it are stored', async () => {
    const group = await make();
    await membership.join(bob, group.id);
    await domain.sendOne(bob, toGroup(group));
    const sends = Array.from({ length: 60 }, (_, n) =>
      new Promise<void>((resolve) => setTimeout(resolve, n % 7)).then(() => domain.sendOne(bob, toGroup(group))),
    );
    await new Promise<void>((resolve) => setTimeout(resolve, 3));
    await membership.leave(bob, group.id);
    const outcomes = await Promise.all(sends);
    const leftAt = (await log(group)).findIndex((line) => line.includes(' left ')) + 1;
    const stored = outcomes.flatMap((outcome) => (outcome.ok ? [outcome.receipt.seq] : []));
    expect(stored.every((seq) => seq < leftAt)).toBe(true);
    expect(leftAt).toBe((await log(group)).length);
    for (const outcome of outcomes) expect([undefined, 'NOT_A_MEMBER']).toContain(reasonOf(outcome));
  });

  test('strangers can not write, and can’t tell a group from none', async () => {
    const group = await make();
    const told = [await domain.sendOne(bob, toGroup(group)), await domain.sendOne(bob, toGroup({ id: 999_999 }))];
    expect(told.map(reasonOf)).toEqual(['NOT_A_MEMBER', 'NOT_A_MEMBER']);
  });
});

describe('making a group', () => {
  const requestId = '01890a5d-ac96-774b-bcce-b302099a8057';

  test('the same request gives the same group, at once or later', async () => {
    const [first, ...others] = await Promise.all(Array.from({ length: 5 }, () => make('open', { requestId })));
    expect(new Set(others.map(({ id }) => id))).toEqual(new Set([first?.id]));
    expect((await make('open', { requestId })).id).toBe(first?.id);
    expect((await make('open')).id).not.toBe(first?.id);
  });

  test('another request under the same id is refused', async () => {
    await make('open', { requestId: requestId.replace('0', '1') });
    const other = make('open', { requestId: requestId.replace('0', '1'), name: 'other' });
    await expect(other).rejects.toMatchObject({ reason: 'REQUEST_ID_REUSED' });
  });

  test.each<[Partial<NewGroup>, string]>([
    [{ name: ' ' }, 'name'],
    [{ name: 'x'.repeat(65) }, 'name'],
    [{ name: 'a\u0000b' }, 'name'],
    [{ description: 'x'.repeat(513) }, 'description'],
    [{ memberLimit: 1 }, 'member_limit'],
    [{ memberLimit: 501 }, 'member_limit'],
    [{ memberLimit: -1 }, 'member_limit'],
    [{ requestId: 'x' }, 'request_id'],
  ])('%j is refused by its field', async (options, field) => {
    await expect(make('open', options)).rejects.toMatchObject({ reason: 'INVALID_FIELD', violations: [{ field }] });
  });
});
