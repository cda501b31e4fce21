import { expect, test } from '@jest/globals';
import type { FriendStatus, UserRecord } from '../../server/store/seam/records.ts';
import type { World } from './world.ts';

/** Friends and requests. */
export function friendConformance(world: () => World): void {
  const set = (user: UserRecord, friend: UserRecord, status: FriendStatus | null, at = 7) =>
    world().store.transact((tx) => tx.friends.set(user.id, friend.id, status, at));

  test('accepted friends are listed by id, in pages', async () => {
    const [me, ...others] = (await world().users(5)) as [UserRecord, ...UserRecord[]];
    for (const [index, other] of others.entries()) await set(me, other, 'accepted', 100 + index);
    await set(me, others[1]!, 'blocked');
    const { friends } = world().store;
    const first = await friends.list(me.id, { afterId: 0, limit: 2 });
    expect(first).toEqual([
      { user: others[0], since: 100 },
      { user: others[2], since: 102 },
    ]);
    const second = await friends.list(me.id, { afterId: first[1]!.user.id, limit: 2 });
    expect(second).toEqual([{ user: others[3], since: 103 }]);
  });

  test('requests of both directions are listed, without those of blocked users', async () => {
    const [me, asked, asking, blocked] = (await world().users(4)) as [UserRecord, UserRecord, UserRecord, UserRecord];
    await set(me, asked, 'requested', 11);
    await set(asking, me, 'requested', 12);
    await set(blocked, me, 'requested', 13);
    await set(me, blocked, 'blocked', 14);
    const { friends } = world().store;
    const all = await friends.requests(me.id, 0, { afterId: 0, limit: 10 });
    expect(all).toEqual([
      { user: asked, outgoing: true, createdAt: 11 },
      { user: asking, outgoing: false, createdAt: 12 },
    ]);
    expect(await friends.requests(me.id, 0, { afterId: asked.id, limit: 10 })).toEqual([all[1]]);
    expect(await friends.requests(me.id, 0, { afterId: 0, limit: 1 })).toEqual([all[0]]);
    await set(me, blocked, null);
    expect(await friends.requests(me.id, 0, { afterId: 0, limit: 10 })).toHaveLength(3);
  });

  test('a transaction reads, overwrites and removes rows of both directions', async () => {
    const [a, b, c] = (await world().users(3)) as [UserRecord, UserRecord, UserRecord];
    const rows = await world().store.transact(async (tx) => {
      await tx.friends.set(a.id, b.id, 'requested', 1);
      await tx.friends.set(a.id, b.id, 'accepted', 2);
      await tx.friends.set(b.id, a.id, 'accepted', 2);
      await tx.friends.set(c.id, a.id, 'requested', 3);
      await tx.friends.set(c.id, a.id, null, 3);
      return tx.friends.between([
        [a.id, b.id],
        [b.id, a.id],
        [a.id, c.id],
      ]);
    });
    expect(rows.sort((x, y) => x.userId - y.userId)).toEqual([
      { userId: a.id, friendId: b.id, status: 'accepted', createdAt: 2 },
      { userId: b.id, friendId: a.id, status: 'accepted', createdAt: 2 },
    ]);
  });

  test('friend rows of many pairs come from few statements', async () => {
    const users = await world().users(40);
    const pairs: [number, number][] = [];
    for (const a of users) for (const b of users) if (a.id < b.id) pairs.push([a.id, b.id]);
    await set(users[0]!, users[39]!, 'accepted');
    await set(users[39]!, users[1]!, 'blocked');
    const rows = await world().store.transact((tx) => tx.friends.between(pairs));
    expect(rows).toHaveLength(2);
  });

  test('all friends’ ids come at once, and nobody else’s', async () => {
    const [me, ...others] = (await world().users(5)) as [UserRecord, ...UserRecord[]];
    for (const other of [others[2]!, others[0]!]) await set(me, other, 'accepted');
    await set(me, others[1]!, 'requested');
    await set(others[3]!, me, 'accepted');
    expect(await world().store.friends.ids(me.id)).toEqual([others[0]!.id, others[2]!.id]);
    expect(await world().store.friends.ids(others[0]!.id)).toEqual([]);
  });

  test('pairs with a block in either direction are told from the others', async () => {
    const [a, b, c, d] = (await world().users(4)) as [UserRecord, UserRecord, UserRecord, UserRecord];
    await set(a, b, 'blocked');
    await set(d, a, 'blocked');
    await set(a, d, 'requested');
    await set(a, c, 'accepted');
    const { friends } = world().store;
    const pairs: [number, number][] = [
      [a.id, b.id],
      [a.id, c.id],
      [d.id, a.id],
      [c.id, d.id],
    ];
    expect(await friends.blockedAmong(pairs)).toEqual(new Set([`${a.id}:${b.id}`, `${a.id}:${d.id}`]));
    expect(await friends.blockedAmong([[b.id, a.id]])).toEqual(new Set([`${a.id}:${b.id}`]));
    expect(await friends.blockedAmong([])).toEqual(new Set());
  });

  test('whom one has blocked is listed by id, in pages', async () => {
    const [me, ...others] = (await world().users(4)) as [UserRecord, ...UserRecord[]];
    await set(me, others[0]!, 'blocked', 5);
    await set(me, others[1]!, 'accepted');
    await set(me, others[2]!, 'blocked', 6);
    await set(others[1]!, me, 'blocked');
    const { friends } = world().store;
    const first = await friends.blocked(me.id, { afterId: 0, limit: 1 });
    expect(first).toEqual([{ user: others[0], since: 5 }]);
    expect(await friends.blocked(me.id, { afterId: others[0]!.id, limit: 9 })).toEqual([{ user: others[2], since: 6 }]);
  });

  test('requests made before a time are not listed, and deleted when asked to; nothing else is', async () => {
    const [me, old, recent, friend] = (await world().users(4)) as [UserRecord, UserRecord, UserRecord, UserRecord];
    const { friends } = world().store;
    await friends.deleteRequests(1_000);
    await set(me, old, 'requested', 100);
    await set(old, me, 'requested', 100);
    await set(me, recent, 'requested', 101);
    await set(friend, me, 'accepted', 1);
    await set(me, friend, 'blocked', 1);
    const listed = async (since: number) =>
      (await friends.requests(me.id, since, { afterId: 0, limit: 9 })).map(({ user }) => user.id);
    expect(await listed(99)).toEqual([old.id, old.id, recent.id]);
    expect(await listed(100)).toEqual([recent.id]);
    expect(await friends.deleteRequests(100)).toBe(2);
    expect(await listed(0)).toEqual([recent.id]);
    const kept = await world().store.transact((tx) => tx.friends.between([[me.id, friend.id]]));
    expect(kept.map(({ status }) => status).sort()).toEqual(['accepted', 'blocked']);
  });

  test('all rows of and about a user are removed at once, and those who were friends named', async () => {
    const [me, friend, asked, blocker, other] = (await world().users(5)) as [
      UserRecord,
      UserRecord,
      UserRecord,
      UserRecord,
      UserRecord,
    ];
    await set(me, friend, 'accepted');
    await set(friend, me, 'accepted');
    await set(me, asked, 'requested');
    await set(blocker, me, 'blocked');
    await set(friend, other, 'accepted');
    const { store } = world();
    expect(await store.transact((tx) => tx.friends.removeAll(me.id))).toEqual([friend.id]);
    expect(await store.transact((tx) => tx.friends.removeAll(me.id))).toEqual([]);
    const pairs = [friend, asked, blocker].map((user): [number, number] => [me.id, user.id]);
    expect(await store.transact((tx) => tx.friends.between(pairs))).toEqual([]);
    expect(await store.friends.ids(friend.id)).toEqual([other.id]);
  });
}
