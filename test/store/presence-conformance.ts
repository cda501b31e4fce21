import { expect, test } from '@jest/globals';
import type { World } from './world.ts';

export function presenceConformance(world: () => World): void {
  test('a late "offline" does not end what another incarnation began', async () => {
    const { presence } = world().store;
    const user = await world().user();
    const row = { userId: user.id };
    expect(await presence.lastSeen([user.id])).toEqual(new Map());
    await presence.write('r1', 'i1', [{ ...row, online: true, at: 100 }]);
    expect(await presence.lastSeen([user.id])).toEqual(new Map([[user.id, 100]]));
    await presence.write('r2', 'i2', [{ ...row, online: true, at: 200 }]);
    await presence.write('r1', 'i1', [{ ...row, online: false, at: 300 }]);
    expect(await presence.expire('r1', 'none', 400)).toBe(0);
    expect((await presence.lastSeen([user.id])).get(user.id)).toBe(200);
    await presence.write('r2', 'i2', [{ ...row, online: false, at: 500 }]);
    expect((await presence.lastSeen([user.id])).get(user.id)).toBe(500);
    expect(await presence.expire(null, 'none', 600)).toBe(0);
  });

  test('who came and went between two writes was seen', async () => {
    const { presence } = world().store;
    const user = await world().user();
    await presence.write('r1', 'i1', [{ userId: user.id, online: false, at: 70 }]);
    expect(await presence.lastSeen([user.id])).toEqual(new Map([[user.id, 70]]));
  });

  test('the last of several changes of one user counts', async () => {
    const { presence } = world().store;
    const [came, went] = await world().pair();
    await presence.write('r9', 'i9', [
      { userId: came.id, online: false, at: 10 },
      { userId: went.id, online: true, at: 10 },
      { userId: came.id, online: true, at: 20 },
      { userId: went.id, online: false, at: 20 },
    ]);
    await presence.write('r9', 'i9', []);
    expect(await presence.expire('r9', 'other', 30)).toBe(1);
    expect((await presence.lastSeen([came.id])).get(came.id)).toBe(30);
  });

  test('what an earlier run left online is ended, of one replica or of all', async () => {
    const { presence } = world().store;
    await presence.expire(null, 'nobody', 1);
    const [first, second, third] = await world().users(3);
    await presence.write('ra', 'old', [{ userId: first!.id, online: true, at: 10 }]);
    await presence.write('ra', 'new', [{ userId: second!.id, online: true, at: 10 }]);
    await presence.write('rb', 'other', [{ userId: third!.id, online: true, at: 10 }]);
    expect(await presence.expire('ra', 'new', 50)).toBe(1);
    expect((await presence.lastSeen([first!.id])).get(first!.id)).toBe(50);
    expect(await presence.expire(null, 'new', 60)).toBe(1);
    const seen = await presence.lastSeen([first!.id, second!.id, third!.id]);
    expect([...seen.values()]).toEqual([50, 10, 60]);
    expect(await presence.expire(null, 'newer', 5)).toBe(1);
    expect((await presence.lastSeen([second!.id])).get(second!.id)).toBe(10);
  });

  test('runs are those that somebody is online under, and give their users by id', async () => {
    const { presence } = world().store;
    await presence.expire(null, 'nobody', 1);
    expect(await presence.runs()).toEqual([]);
    const [a, b, c, d] = (await world().users(4)).map(({ id }) => id) as [number, number, number, number];
    const online = (userId: number) => ({ userId, online: true, at: 10 });
    await presence.write('ra', 'first', [online(a)]);
    await presence.write('ra', 'second', [online(d), online(b), online(c)]);
    await presence.write('rb', 'first', []);
    const second = { replica: 'ra', incarnation: 'second' };
    expect(new Set(await presence.runs())).toEqual(new Set([{ replica: 'ra', incarnation: 'first' }, second]));
    expect(await presence.usersOf(second, { afterId: 0, limit: 2 })).toEqual([b, c]);
    expect(await presence.usersOf(second, { afterId: c, limit: 2 })).toEqual([d]);
    expect(await presence.usersOf({ replica: 'rb', incarnation: 'second' }, { afterId: 0, limit: 2 })).toEqual([]);
    await presence.write('ra', 'first', [{ userId: a, online: false, at: 20 }]);
    expect(await presence.runs()).toEqual([second]);
    expect(await presence.runsOf([a, b, a, d])).toEqual(
      new Map([
        [b, second],
        [d, second],
      ]),
    );
    expect(await presence.runsOf([])).toEqual(new Map());
  });

  test('who is still on another run goes on there, unless a third has brought them online', async () => {
    const { presence } = world().store;
    const [stays, gone, newer] = (await world().users(3)).map(({ id }) => id) as [number, number, number];
    const online = (userId: number) => ({ userId, online: true, at: 10 });
    const to = { replica: 'r2', incarnation: 'i2' };
    await presence.write('r1', 'i1', [online(stays), online(gone), online(newer)]);
    await presence.write('r1', 'i1', [{ userId: gone, online: false, at: 20 }]);
    await presence.write('r3', 'i3', [{ ...online(newer), at: 90 }]);
    await presence.move('i1', to, [
      { userId: stays, at: 5 },
      { userId: stays, at: 30 },
      { userId: gone, at: 30 },
      { userId: newer, at: 30 },
    ]);
    await presence.move('i1', to, []);
    expect(await presence.runsOf([stays, gone, newer])).toEqual(
      new Map([
        [stays, to],
        [gone, to],
        [newer, { replica: 'r3', incarnation: 'i3' }],
      ]),
    );
    expect([...(await presence.lastSeen([stays, gone, newer])).values()]).toEqual([30, 30, 90]);
  });
}
