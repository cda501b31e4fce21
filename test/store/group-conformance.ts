import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { DuplicateKey } from '../../server/store/seam/failures.ts';
import { type World, WIDE } from './world.ts';

/** Groups, their members and periods of membership. */
export function groupConformance(world: () => World): void {
  test('a group is made with its conversation, and counts its members', async () => {
    const { groups, log } = world().store;
    const [owner, member] = await world().pair();
    const group = await world().group(owner);
    const before = (await log.heads([group.conversationId]))[0]!;
    await world().join(group, member);
    expect(await groups.byId(group.groupId)).toEqual({
      id: group.groupId,
      name: 'the group',
      description: 'about it',
      ownerId: owner.id,
      conversationId: group.conversationId,
      memberLimit: 10,
      joinPolicy: 'open',
      historyVisible: false,
      createdAt: 2_000,
      memberCount: 2,
    });
    const facts = { id: group.conversationId, kind: 'group', groupId: group.groupId };
    expect(await log.ofGroup(group.groupId)).toEqual(facts);
    expect(await log.facts(group.conversationId)).toEqual(facts);
    const [after] = await log.heads([group.conversationId]);
    expect(after).toEqual({ ...before, lastSeq: 2, lastOrdinal: 0, membersVersion: before.membersVersion + 1 });
    expect(await groups.byId(group.groupId + 1_000_000)).toBeUndefined();
  });

  test('a request id makes one group per user, and is found again', async () => {
    const { groups } = world().store;
    const [owner, other] = await world().pair();
    const requestId = randomUUID();
    const group = await world().group(owner, requestId);
    await expect(world().group(owner, requestId)).rejects.toMatchObject({
      name: 'DuplicateKey',
      key: 'all_group_request',
    });
    await world().group(other, requestId);
    const found = await groups.byRequestId(owner.id, requestId);
    expect(found?.group.id).toBe(group.groupId);
    expect(new Uint8Array(found!.requestHash)).toEqual(new Uint8Array(32).fill(9));
    expect(await groups.byRequestId(owner.id, randomUUID())).toBeUndefined();
    await world().group(owner);
    await world().group(owner);
  });

  test('members and groups are listed in pages; who left is in neither', async () => {
    const { groups } = world().store;
    const owner = await world().user();
    const others = await world().users(3);
    const group = await world().group(owner);
    for (const other of others) await world().join(group, other, 'admin');
    await world().leave(group, others[1]!);
    const first = await groups.members(group.groupId, { afterId: 0, limit: 2 });
    expect(first.map(({ user, member }) => [user, member.role, member.joinedSeq])).toEqual([
      [owner, 'owner', 1],
      [others[0], 'admin', 2],
    ]);
    const rest = await groups.members(group.groupId, { afterId: others[0]!.id, limit: 10 });
    expect(rest.map(({ user }) => user.id)).toEqual([others[2]!.id]);

    const second = await world().group(others[0]!);
    const listed = await groups.list(others[0]!.id, { afterId: 0, limit: 10 });
    expect(listed.map(({ group: { id }, role }) => [id, role])).toEqual([
      [group.groupId, 'admin'],
      [second.groupId, 'owner'],
    ]);
    expect(await groups.list(others[0]!.id, { afterId: group.groupId, limit: 10 })).toEqual([listed[1]]);
    expect(await groups.list(others[1]!.id, { afterId: 0, limit: 10 })).toEqual([]);
  });

  test('the members of many groups are counted at once, without those who left', async () => {
    const { groups } = world().store;
    const [owner, member] = await world().pair();
    const [full, empty] = [await world().group(owner), await world().group(owner)];
    await world().join(full, member);
    await world().join(empty, member);
    await world().leave(empty, member);
    await world().join(empty, member);
    await world().leave(empty, member);
    await world().leave(empty, owner);
    const nowhere = empty.groupId + 1_000_000;
    const counts = await groups.memberCounts([full.groupId, empty.groupId, nowhere, full.groupId]);
    expect(counts).toEqual(
      new Map([
        [full.groupId, 2],
        [empty.groupId, 0],
        [nowhere, 0],
      ]),
    );
    expect(await groups.memberCounts([])).toEqual(new Map());
  });

  test('a joining passes over nothing that is still to be delivered', async () => {
    const { cursors } = world().store;
    const [owner, member] = await world().pair();
    const group = await world().group(owner);
    await world().join(group, member);
    await cursors.advance([{ userId: member.id, conversationId: group.conversationId, deliveredSeq: 2 }]);
    await world().leave(group, member);
    const joined = await world().join(group, member);
    expect(await cursors.get(member.id, group.conversationId)).toEqual({ deliveredSeq: 2, readSeq: joined - 1 });
  });

  test('a membership is open, closed, and opened again as a period of its own', async () => {
    const { groups, log, cursors } = world().store;
    const [owner, member] = await world().pair();
    const group = await world().group(owner);
    await world().join(group, member);
    await cursors.advance([{ userId: member.id, conversationId: group.conversationId, deliveredSeq: 2 }]);
    const left = await world().leave(group, member);
    await cursors.advance([{ userId: member.id, conversationId: group.conversationId, deliveredSeq: left }]);
    expect(await groups.member(group.groupId, member.id)).toBeUndefined();
    await world().say(group.conversationId, owner.id, { kind: 'content', content: { text: 'unheard' } });
    const joined = await world().join(group, member);
    expect(await groups.member(group.groupId, member.id)).toEqual({
      userId: member.id,
      joinedSeq: joined,
      leftSeq: null,
      role: 'member',
    });
    expect(await cursors.get(member.id, group.conversationId)).toEqual({
      deliveredSeq: joined - 1,
      readSeq: joined - 1,
    });
    const audience = await log.audience(group.conversationId, 0);
    expect(audience.periods.filter(({ userId }) => userId === member.id)).toEqual([
      { userId: member.id, joinedSeq: 2, leftSeq: left },
      { userId: member.id, joinedSeq: joined, leftSeq: null },
    ]);
    expect(audience.membersVersion).toBe((await log.heads([group.conversationId]))[0]!.membersVersion);
    const later = await log.audience(group.conversationId, left);
    expect(later.periods.map((period) => period.joinedSeq).sort()).toEqual([1, joined]);
  });

  test('a transaction sees the group, its members and users as they are under the lock', async () => {
    const [owner, member] = await world().pair();
    const [group, empty] = [await world().group(owner), await world().group(owner)];
    await world().join(group, member);
    await world().leave(empty, owner);
    await world().store.transact(async (tx) => {
      await tx.log.lock([group.conversationId, empty.conversationId], 'wait');
      const members = await tx.groups.members([group.groupId, empty.groupId]);
      expect(members.get(group.groupId)!.map((m) => [m.userId, m.role])).toEqual([
        [owner.id, 'owner'],
        [member.id, 'member'],
      ]);
      expect(members.get(empty.groupId)).toEqual([]);
      expect((await tx.groups.byId(group.groupId))?.memberCount).toBe(2);
      expect(await tx.accounts.byId(member.id)).toEqual(member);
      expect(await tx.accounts.byId(member.id + 1_000_000)).toBeUndefined();
    });
  });

  test('one period cannot be opened twice', async () => {
    const owner = await world().user();
    const group = await world().group(owner);
    const again = world().store.transact((tx) => tx.groups.openPeriod(group.groupId, owner.id, 1, 'owner'));
    await expect(again).rejects.toThrow(DuplicateKey);
    await expect(again).rejects.toMatchObject({ key: 'PRIMARY' });
    const { entries } = await world().store.log.readVisible(owner.id, group.conversationId, { afterSeq: 0 }, WIDE);
    expect(entries).toHaveLength(1);
  });
}
