import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { Domain, openMemoryStore, withTransactions } from '../../test/domain/domain.ts';
import type { GroupRecord, UserRecord } from '../store/seam/records.ts';
import { OutcomeUnknown } from '../store/seam/failures.ts';
import type { Store } from '../store/seam/store.ts';
import { createGroup, type NewGroup } from './create-group.ts';
import type { GroupsParts } from './groups.ts';

let store: Store;
let domain: Domain;
let ann: UserRecord;

beforeAll(async () => {
  store = await openMemoryStore();
});

afterAll(async () => {
  await store[Symbol.asyncDispose]();
});

beforeEach(async () => {
  domain = new Domain(store);
  ann = await domain.makeUser();
});

function make(options: Partial<NewGroup> = {}, parts: GroupsParts = domain): Promise<GroupRecord> {
  const wanted: NewGroup = { name: 'team', description: '', joinPolicy: 'open', memberLimit: 0, requestId: '' };
  return createGroup(parts, ann, { ...wanted, ...options });
}

const groupsOf = ({ id }: UserRecord) => store.groups.list(id, { afterId: 0, limit: 100 });

test('its log begins with the owner’s joining, which is published under the version it has', async () => {
  const settings = { description: 'ours', joinPolicy: 'approval', memberLimit: 7, historyVisible: true } as const;
  const group = await make({ name: '  the team ', ...settings });
  expect(group).toMatchObject({
    name: 'the team',
    ...settings,
    ownerId: ann.id,
    memberCount: 1,
  });
  expect(await groupsOf(ann)).toMatchObject([{ group: { id: group.id }, role: 'owner' }]);
  const [head] = await store.log.heads([group.conversationId]);
  const entry = {
    seq: 1,
    ordinal: 0,
    body: { kind: 'membership', change: 'joined', userId: ann.id, role: 'owner' },
  };
  expect(domain.bus.published).toMatchObject([
    { channel: `group:${group.id}`, event: { type: 'entry', membersVersion: head?.membersVersion, entry } },
    { channel: `user:${ann.id}`, event: { type: 'membership', conversationId: group.conversationId } },
  ]);
});

describe('the same request', () => {
  test('gives the same group, at once or later', async () => {
    const requestId = randomUUID();
    const [first, ...others] = await Promise.all(Array.from({ length: 5 }, () => make({ requestId })));
    for (const other of others) expect(other).toEqual(first);
    expect(await make({ requestId: requestId.toUpperCase() })).toEqual(first);
    expect(await groupsOf(ann)).toHaveLength(1);
    // The default, spelt out, is the same request.
    expect(await make({ requestId, memberLimit: 500, historyVisible: false })).toEqual(first);
  });

  test('without an id gives another group', async () => {
    expect((await make()).id).not.toBe((await make()).id);
  });

  test('of another user gives another group', async () => {
    const requestId = randomUUID();
    const first = await make({ requestId });
    ann = await domain.makeUser();
    expect((await make({ requestId })).id).not.toBe(first.id);
  });

  test('after a commit of unknown fate reaches the owner’s streams all the same', async () => {
    const requestId = randomUUID();
    const lossy = withTransactions(store, async (run) => {
      await run();
      throw new OutcomeUnknown('the answer was lost');
    });
    await expect(make({ requestId }, { ...partsOf(domain), store: lossy })).rejects.toThrow(OutcomeUnknown);
    expect(domain.bus.published).toEqual([]);
    const { conversationId } = await make({ requestId });
    expect(domain.bus.published).toEqual([
      { channel: `user:${ann.id}`, event: { type: 'membership', conversationId, userId: ann.id } },
    ]);
  });
});

describe('another request under the same id is refused', () => {
  test.each<Partial<NewGroup>>([
    { name: 'other' },
    { description: 'x' },
    { joinPolicy: 'approval' },
    { memberLimit: 9 },
    { historyVisible: true },
  ])('with %j', async (options) => {
    const requestId = randomUUID();
    await make({ requestId });
    await expect(make({ requestId, ...options })).rejects.toMatchObject({ reason: 'REQUEST_ID_REUSED' });
    expect(await groupsOf(ann)).toHaveLength(1);
  });

  test('also where the two come at once: one of them is made', async () => {
    const requestId = randomUUID();
    const told = await Promise.allSettled([make({ requestId }), make({ requestId, name: 'other' })]);
    const reasons = told.map((result) => (result.status === 'rejected' ? (result.reason as unknown) : null));
    expect(reasons.filter((reason) => reason !== null)).toMatchObject([{ reason: 'REQUEST_ID_REUSED' }]);
    expect(await groupsOf(ann)).toHaveLength(1);
  });
});

describe('what is wrong is refused by its field', () => {
  test.each<[Partial<NewGroup>, string]>([
    [{ name: ' ' }, 'name'],
    [{ name: 'x'.repeat(65) }, 'name'],
    [{ name: 'a\u0000b' }, 'name'],
    [{ description: 'x'.repeat(513) }, 'description'],
    [{ memberLimit: 1 }, 'member_limit'],
    [{ memberLimit: 501 }, 'member_limit'],
    [{ memberLimit: -1 }, 'member_limit'],
    [{ requestId: 'x' }, 'request_id'],
  ])('%j', async (options, field) => {
    await expect(make(options)).rejects.toMatchObject({ reason: 'INVALID_FIELD', violations: [{ field }] });
  });

  test('a description may have several lines, a name may not', async () => {
    expect((await make({ description: 'ours\nalone' })).description).toBe('ours\nalone');
    await expect(make({ name: 'the\nteam' })).rejects.toMatchObject({ violations: [{ field: 'name' }] });
  });

  test('at the limit it is taken', async () => {
    const [name, description] = ['🦊'.repeat(64), '🦊'.repeat(512)];
    expect(await make({ name, description, memberLimit: 2 })).toMatchObject({ name, description, memberLimit: 2 });
  });
});

function partsOf({ bus, clock, events }: Domain): Omit<GroupsParts, 'store'> {
  return { bus, clock, events };
}
