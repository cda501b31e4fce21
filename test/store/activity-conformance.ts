import { expect, test } from '@jest/globals';

import type { Activity } from '../../server/store/seam/log.ts';
import type { UserRecord } from '../../server/store/seam/records.ts';
import type { Transaction } from '../../server/store/seam/transaction.ts';
import { newEntry, text, type World } from './world.ts';

/** More than one read takes. */
const MANY = 1_100;

export function activityConformance(world: () => World): void {
  /** A time that is later than everything so far. */
  async function now(): Promise<number> {
    const { log } = world().store;
    const { databaseNow } = await log.activeSince(null);
    for (;;) {
      const later = (await log.activeSince(null)).databaseNow;
      if (later > databaseNow) return later;
    }
  }

  const ids = ({ conversations }: Activity) => conversations.map(({ facts }) => facts.id);

  test('without a time, only the time and the epoch are told', async () => {
    const { store } = world();
    const { a, id } = await world().direct();
    await world().say(id, a.id, text('here'));
    const logEpoch = await store.logEpoch();
    const activity = await store.log.activeSince(null);
    expect(activity).toEqual({ databaseNow: expect.any(Number), logEpoch, conversations: [], memberships: [] });
    expect(Math.abs(activity.databaseNow - Date.now())).toBeLessThan(1_000);
  });

  test('conversations with an entry since a time of the database are found, with what they are and where they end', async () => {
    const { log } = world().store;
    const [quiet, busy] = [await world().direct(), await world().direct()];
    await world().say(quiet.id, quiet.a.id, text('before'));
    const since = await now();
    await world().say(busy.id, busy.a.id, text('since'), text('then'));
    const group = await world().group(busy.a);
    const activity = await log.activeSince(since);
    expect(activity.databaseNow).toBeGreaterThanOrEqual(since);
    expect(activity.conversations).toEqual([
      { facts: busy.facts, lastSeq: 2 },
      { facts: { id: group.conversationId, kind: 'group', groupId: group.groupId }, lastSeq: 1 },
    ]);
    expect(ids(await log.activeSince(since - 10_000))).toContain(quiet.id);
    expect(ids(await log.activeSince(activity.databaseNow + 10_000))).toEqual([]);
  });

  test('an empty conversation is not active', async () => {
    const since = await now();
    await world().direct();
    expect(ids(await world().store.log.activeSince(since))).toEqual([]);
  });

  test('memberships that began, ended or changed since are found, those of one user in the order of time', async () => {
    const { store } = world();
    const [owner, comer, goer, stayer, again] = await world().users(5);
    const group = await world().group(owner!);
    for (const user of [goer!, stayer!, again!]) await world().join(group, user);
    const since = await now();
    const leftSeq = await world().leave(group, goer!);
    const awaySeq = await world().leave(group, again!);
    await world().join(group, again!);
    await world().join(group, comer!);
    await store.transact((tx) => tx.groups.setRole(group.groupId, owner!.id, 'member'));
    const { memberships } = await store.log.activeSince(since);
    const { conversationId } = group;
    const changes = (userId: number) => memberships.filter((change) => change.userId === userId);
    expect(changes(goer!.id)).toEqual([{ conversationId, userId: goer!.id, leftSeq }]);
    expect(changes(again!.id)).toEqual([
      { conversationId, userId: again!.id, leftSeq: awaySeq },
      { conversationId, userId: again!.id, leftSeq: null },
    ]);
    expect(changes(comer!.id)).toEqual([{ conversationId, userId: comer!.id, leftSeq: null }]);
    expect(changes(owner!.id)).toEqual([{ conversationId, userId: owner!.id, leftSeq: null }]);
    expect(changes(stayer!.id)).toEqual([]);
  });

  test('the end of a group ends every membership', async () => {
    const { store } = world();
    const [owner, member] = await world().pair();
    const group = await world().group(owner);
    await world().join(group, member);
    const since = await now();
    await store.transact((tx) => tx.groups.closePeriods(group.groupId, 2));
    const { memberships } = await store.log.activeSince(since);
    const ended = (userId: number) => ({ conversationId: group.conversationId, userId, leftSeq: 2 });
    expect(memberships).toEqual([ended(owner.id), ended(member.id)]);
  });

  test('of very many, none is missing and none is told twice', async () => {
    const { store } = world();
    const owner = await world().user();
    const since = await now();
    const made: number[] = [];
    while (made.length < MANY) made.push(...(await store.transact((tx) => makeGroups(tx, owner, 100))));
    // All at about the same time, so that pages begin and end within it.
    await store.transact(async (tx) => {
      await tx.log.lock(made, 'wait');
      const one = { senderId: owner.id, seq: 1, ordinal: 1, body: text('one of many') };
      await tx.log.append(made.map((conversationId) => newEntry({ ...one, conversationId })));
    });
    const activity = await store.log.activeSince(since);
    expect(ids(activity).toSorted((a, b) => a - b)).toEqual(made);
    expect(activity.memberships.map(({ conversationId }) => conversationId)).toEqual(made);
  });
}

/** Groups in which nothing was said; gives their conversations. */
async function makeGroups(tx: Transaction, { id: ownerId }: UserRecord, count: number): Promise<number[]> {
  const conversationIds: number[] = [];
  while (conversationIds.length < count) {
    const { groupId, conversationId } = await tx.groups.insert({
      ...{ name: 'one of many', description: '', memberLimit: 10, joinPolicy: 'open', historyVisible: false },
      ...{ ownerId, createdAt: 0, requestId: null, requestHash: null },
    });
    await tx.groups.openPeriod(groupId, ownerId, 1, 'owner');
    conversationIds.push(conversationId);
  }
  return conversationIds;
}
