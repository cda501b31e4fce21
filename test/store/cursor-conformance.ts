import { expect, test } from '@jest/globals';
import type { World } from './world.ts';

export function cursorConformance(world: () => World): void {
  test('cursors rise, each on its own, and never fall', async () => {
    const { cursors } = world().store;
    const { a, id } = await world().direct();
    const me = { userId: a.id, conversationId: id };
    const steps = [
      [{ deliveredSeq: 5 }, { deliveredSeq: 5, readSeq: 0 }],
      [{ readSeq: 3 }, { deliveredSeq: 5, readSeq: 3 }],
      [
        { deliveredSeq: 4, readSeq: 2 },
        { deliveredSeq: 5, readSeq: 3 },
      ],
      [{}, { deliveredSeq: 5, readSeq: 3 }],
      [
        { deliveredSeq: 9, readSeq: 9 },
        { deliveredSeq: 9, readSeq: 9 },
      ],
    ] as const;
    for (const [advance, after] of steps) {
      await cursors.advance([{ ...me, ...advance }]);
      expect(await cursors.get(a.id, id)).toEqual(after);
    }
  });

  test('a run of own sends raises the cursor that reaches up to it, and no other', async () => {
    const { cursors } = world().store;
    const { a, id } = await world().direct();
    const me = { userId: a.id, conversationId: id };
    const steps = [
      [{ own: { from: 1, to: 3 } }, 3],
      [{ own: { from: 5, to: 6 } }, 3],
      [{ deliveredSeq: 4, own: { from: 5, to: 6 } }, 6],
      [{ own: { from: 2, to: 4 } }, 6],
      [{ own: { from: 6, to: 8 } }, 8],
    ] as const;
    for (const [advance, after] of steps) {
      await cursors.advance([{ ...me, ...advance }]);
      expect((await cursors.get(a.id, id))?.deliveredSeq).toBe(after);
    }
  });

  test('a batch raises each cursor to its highest, and makes none', async () => {
    const { cursors } = world().store;
    const { a, b, id } = await world().direct();
    const stranger = await world().user();
    await cursors.advance([
      { userId: b.id, conversationId: id, deliveredSeq: 7 },
      { userId: a.id, conversationId: id, deliveredSeq: 3 },
      { userId: a.id, conversationId: id, deliveredSeq: 2, readSeq: 2 },
      { userId: stranger.id, conversationId: id, deliveredSeq: 1 },
    ]);
    await cursors.advance([]);
    expect(await cursors.get(a.id, id)).toEqual({ deliveredSeq: 3, readSeq: 2 });
    expect(await cursors.get(b.id, id)).toEqual({ deliveredSeq: 7, readSeq: 0 });
    expect(await cursors.get(stranger.id, id)).toBeUndefined();
  });

  test('batches over the same cursors in any order all end, at the highest', async () => {
    const { cursors, log } = world().store;
    const me = await world().user();
    const ids: number[] = [];
    for (const other of await world().users(20)) ids.push((await log.ensureDirect(me.id, other.id)).id);
    const batch = (seq: number, order: number[]) =>
      cursors.advance(order.map((conversationId) => ({ userId: me.id, conversationId, deliveredSeq: seq })));
    await Promise.all(Array.from({ length: 12 }, (_, n) => batch(n + 1, n % 2 === 0 ? ids : ids.toReversed())));
    for (const id of ids) expect((await cursors.get(me.id, id))?.deliveredSeq).toBe(12);
  });

  test('many cursors are read at once, with what their conversations are', async () => {
    const { cursors } = world().store;
    const { a, b, id, facts } = await world().direct();
    const group = await world().group(a);
    await world().join(group, b);
    const { conversationId, groupId } = group;
    await cursors.advance([
      { userId: a.id, conversationId: id, deliveredSeq: 4, readSeq: 3 },
      { userId: b.id, conversationId, deliveredSeq: 2 },
    ]);
    const stranger = await world().user();
    const keys = [
      { userId: a.id, conversationId: id },
      { userId: b.id, conversationId },
      { userId: b.id, conversationId: id },
      { userId: stranger.id, conversationId: id },
      { userId: a.id, conversationId: 9_999_999 },
    ];
    const found = await cursors.many(keys);
    expect(found).toHaveLength(3);
    expect(found).toEqual(
      expect.arrayContaining([
        { cursor: { ...keys[0], deliveredSeq: 4, readSeq: 3 }, facts },
        { cursor: { ...keys[1], deliveredSeq: 2, readSeq: 1 }, facts: { id: conversationId, kind: 'group', groupId } },
        { cursor: { ...keys[2], deliveredSeq: 0, readSeq: 0 }, facts },
      ]),
    );
    expect(await cursors.many([])).toEqual([]);
    const many = Array.from({ length: 1_200 }, (_, n) => ({ userId: stranger.id + 1_000 + n, conversationId: id }));
    expect(await cursors.many([...many, keys[0]!])).toHaveLength(1);
  });

  test('the cursors of a group’s members are for members, page by page', async () => {
    const { cursors } = world().store;
    const [owner, gone, member, never] = await world().users(4);
    const group = await world().group(owner!);
    await world().join(group, gone!);
    await world().join(group, member!);
    await world().leave(group, gone!);
    const { conversationId, groupId } = group;
    await cursors.advance([{ userId: member!.id, conversationId, deliveredSeq: 4, readSeq: 4 }]);
    const owners = { userId: owner!.id, conversationId, deliveredSeq: 0, readSeq: 0 };
    const members = { userId: member!.id, conversationId, deliveredSeq: 4, readSeq: 4 };
    const list = (reader: number, afterId: number, limit: number) =>
      cursors.ofMembers(reader, groupId, { afterId, limit });
    expect(await list(owner!.id, 0, 10)).toEqual([owners, members]);
    expect(await list(member!.id, 0, 1)).toEqual([owners]);
    expect(await list(member!.id, owner!.id, 1)).toEqual([members]);
    expect(await list(member!.id, member!.id, 1)).toEqual([]);
    for (const outsider of [gone!, never!]) expect(await list(outsider.id, 0, 10)).toEqual([]);
  });
}
