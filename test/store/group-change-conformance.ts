import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { DuplicateKey } from '../../server/store/seam/failures.ts';
import type { GroupWrites } from '../../server/store/seam/groups.ts';
import type { GroupRole, UserRecord } from '../../server/store/seam/records.ts';
import type { EngineTraits } from './store-conformance.ts';
import { text, type World, WIDE } from './world.ts';

/** What of a group can be changed: its settings, its roles, its end, and who asks to join. */
export function groupChangeConformance(world: () => World, { serial }: EngineTraits): void {
  test('a group is changed in what is given, and in nothing else', async () => {
    const { store } = world();
    const [owner, other] = await world().pair();
    const [{ groupId, conversationId }, untouched] = [await world().group(owner), await world().group(owner)];
    const before = await store.groups.byId(groupId);
    const update = (changes: Parameters<GroupWrites['update']>[1]) =>
      store.transact(async (tx) => {
        await tx.log.lock([conversationId], 'wait');
        await tx.groups.update(groupId, changes);
      });
    const changes = [
      { name: 'another' },
      { description: '' },
      { memberLimit: 3 },
      { joinPolicy: 'approval' },
      { historyVisible: true },
      { historyVisible: false, joinPolicy: 'invite_only' },
      { ownerId: other.id },
      {},
    ] as const;
    for (const [index, change] of changes.entries()) {
      await update(change);
      expect(await store.groups.byId(groupId)).toEqual(Object.assign({}, before, ...changes.slice(0, index + 1)));
    }
    const same = { id: untouched.groupId, conversationId: untouched.conversationId };
    expect(await store.groups.byId(untouched.groupId)).toEqual({ ...before, ...same });
  });

  test('a group is made with the settings that it is given', async () => {
    const owner = await world().user();
    const settings = {
      name: 'n',
      description: 'd',
      memberLimit: 2,
      joinPolicy: 'approval',
      historyVisible: true,
    } as const;
    const origin = { ownerId: owner.id, createdAt: 7, requestId: null, requestHash: null };
    const { groupId } = await world().store.transact((tx) => tx.groups.insert({ ...settings, ...origin }));
    expect(await world().store.groups.byId(groupId)).toMatchObject({ ...settings, ownerId: owner.id, createdAt: 7 });
  });

  test('a role is changed in the open period only', async () => {
    const { store } = world();
    const [owner, member] = await world().pair();
    const group = await world().group(owner);
    await world().join(group, member, 'admin');
    await world().leave(group, member);
    await world().join(group, member);
    const setRole = (role: GroupRole) => store.transact((tx) => tx.groups.setRole(group.groupId, member.id, role));
    for (const role of ['admin', 'owner', 'member'] as const) {
      await setRole(role);
      expect(await store.groups.member(group.groupId, member.id)).toMatchObject({ joinedSeq: 4, role });
      expect(await store.groups.member(group.groupId, owner.id)).toMatchObject({ role: 'owner' });
    }
    await world().leave(group, member);
    await setRole('admin');
    expect(await store.groups.member(group.groupId, member.id)).toBeUndefined();
  });

  test('all periods of a group close at once; closed ones stay as they are', async () => {
    const { store } = world();
    const [owner, member, gone] = [...(await world().pair()), await world().user()];
    const [group, other] = [await world().group(owner), await world().group(owner)];
    await world().join(group, gone); // 2
    await world().leave(group, gone); // 3
    await world().join(group, member); // 4
    const seq = await world().say(group.conversationId, owner.id, { kind: 'group_change', changes: { deleted: true } });
    await store.transact((tx) => tx.groups.closePeriods(group.groupId, seq));
    await world().say(group.conversationId, owner.id, text('unheard'));
    expect(await store.groups.byId(group.groupId)).toMatchObject({ memberCount: 0, ownerId: owner.id });
    expect(await world().visible(owner.id, group.conversationId)).toEqual([1, 2, 3, 4, 5]);
    expect(await world().visible(member.id, group.conversationId)).toEqual([4, 5]);
    expect(await world().visible(gone.id, group.conversationId)).toEqual([2, 3]);
    expect(await store.groups.member(other.groupId, owner.id)).toBeDefined();
  });

  test('requests to join wait, one a user, until they are dropped', async () => {
    const { store } = world();
    const { groups } = store;
    const [owner, ...users] = await world().users(4);
    const [group, other] = [await world().group(owner!), await world().group(owner!)];
    const ask = (groupId: number, user: UserRecord, at: number) =>
      store.transact((tx) => tx.groups.addJoinRequest(groupId, user.id, at));
    const drop = (groupId: number, user?: UserRecord) =>
      store.transact((tx) => tx.groups.dropJoinRequests(groupId, user?.id));
    const waiting = (groupId: number, user: UserRecord) =>
      store.transact((tx) => tx.groups.joinRequests(groupId, user.id));
    const [ann, bob, cyd] = users as [UserRecord, UserRecord, UserRecord];

    expect(await waiting(group.groupId, ann)).toEqual({ waiting: 0, asked: false });
    await ask(group.groupId, cyd, 30);
    await ask(group.groupId, ann, 10);
    await ask(group.groupId, bob, 20);
    await ask(other.groupId, ann, 40);
    await expect(ask(group.groupId, ann, 50)).rejects.toThrow(DuplicateKey);
    expect(await waiting(group.groupId, ann)).toEqual({ waiting: 3, asked: true });
    expect(await waiting(other.groupId, bob)).toEqual({ waiting: 1, asked: false });

    const first = await groups.joinRequests(group.groupId, { afterId: 0, limit: 2 });
    expect(first).toEqual([
      { user: ann, createdAt: 10 },
      { user: bob, createdAt: 20 },
    ]);
    expect(await groups.joinRequests(group.groupId, { afterId: bob.id, limit: 2 })).toEqual([
      { user: cyd, createdAt: 30 },
    ]);
    const page = { afterId: 0, limit: 10 };
    expect(await groups.requestedBy(ann.id, page)).toEqual([group.groupId, other.groupId]);
    expect(await groups.requestedBy(ann.id, { afterId: group.groupId, limit: 10 })).toEqual([other.groupId]);
    expect(await groups.requestedBy(ann.id, { afterId: 0, limit: 1 })).toEqual([group.groupId]);

    await drop(group.groupId, ann);
    await drop(group.groupId, owner);
    expect(await waiting(group.groupId, ann)).toEqual({ waiting: 2, asked: false });
    await drop(group.groupId);
    expect(await groups.joinRequests(group.groupId, page)).toEqual([]);
    expect(await groups.requestedBy(ann.id, page)).toEqual([other.groupId]);
  });

  test('a visible history is for members, when it is asked for, and never for those who left', async () => {
    const { store } = world();
    const [owner, member] = await world().pair();
    const group = await world().group(owner);
    const { groupId, conversationId } = group;
    const show = (historyVisible: boolean) => store.transact((tx) => tx.groups.update(groupId, { historyVisible }));
    const read = async (includeEarlier: boolean) => {
      const limits = { ...WIDE, includeEarlier };
      const { entries } = await store.log.readVisible(member.id, conversationId, { beforeSeq: 1_000 }, limits);
      return entries.map((entry) => entry.seq);
    };
    await world().say(conversationId, owner.id, text('2: before'));
    await world().join(group, member); // 3
    expect(await read(true)).toEqual([3]);
    await show(true);
    expect(await read(true)).toEqual([1, 2, 3]);
    expect(await read(false)).toEqual([3]);
    await show(false);
    expect(await read(true)).toEqual([3]);
    await show(true);
    await world().leave(group, member); // 4
    await world().say(conversationId, owner.id, text('5: after'));
    expect(await read(true)).toEqual([3, 4]);
    await world().join(group, member); // 6
    expect(await read(true)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await read(false)).toEqual([3, 4, 6]);
  });

  test.each(['a membership', 'a request'])('%s and the deletion of its account wait for one another', async (kind) => {
    const { store } = world();
    const [owner, user] = await world().pair();
    const group = await world().group(owner);
    const [begun, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const deletion = store.transact(async (tx) => {
      await tx.accounts.beginDeletion(user.id);
      begun.resolve();
      await released.promise;
    });
    await begun.promise;
    if (serial) released.resolve();
    const deletedThen = await store.transact(async (tx) => {
      await tx.log.lock([group.conversationId], 'wait');
      // Long enough to get past it, if the row of the user were no obstacle.
      void wait(50).then(() => released.resolve());
      if (kind === 'a request') await tx.groups.addJoinRequest(group.groupId, user.id, 1);
      else await tx.groups.openPeriod(group.groupId, user.id, 2, 'member');
      return (await tx.accounts.byId(user.id))?.deleted;
    });
    expect(deletedThen).toBe(true);
    await deletion;
  });
}
