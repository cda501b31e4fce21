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
    const all = await friends.requests(me.id, { afterId: 0, limit: 10 });
    expect(all).toEqual([
      { user: asked, outgoing: true, createdAt: 11 },
      { user: asking, outgoing: false, createdAt: 12 },
    ]);
    expect(await friends.requests(me.id, { afterId: asked.id, limit: 10 })).toEqual([all[1]]);
    expect(await friends.requests(me.id, { afterId: 0, limit: 1 })).toEqual([all[0]]);
    await set(me, blocked, null);
    expect(await friends.requests(me.id, { afterId: 0, limit: 10 })).toHaveLength(3);
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
}
