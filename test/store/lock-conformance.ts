import { expect, test } from '@jest/globals';
import { StoreUnavailable } from '../../server/store/seam/failures.ts';
import type { EngineTraits } from './store-conformance.ts';
import { append, text, type World } from './world.ts';

/** What locks on conversations promise. */
export function lockConformance(world: () => World, traits: EngineTraits): void {
  test('locks give the heads in the order of their ids, of those that exist', async () => {
    const { store } = world();
    const [first, second] = [await world().direct(), await world().direct()];
    await world().say(second.id, second.a.id, text('x'), text('y'));
    const asked = [second.id, 2 ** 42, first.id, second.id];
    for (const held of ['wait', 'skip'] as const) {
      const heads = await store.transact((tx) => tx.log.lock(asked, held));
      expect(heads).toEqual([
        { id: first.id, lastSeq: 0, lastOrdinal: 0, membersVersion: 1 },
        { id: second.id, lastSeq: 2, lastOrdinal: 2, membersVersion: 1 },
      ]);
    }
    expect(await store.transact((tx) => tx.log.lock([], 'wait'))).toEqual([]);
  });

  /** Holds the lock on a conversation until it is told to go on; then appends an entry and commits. */
  async function hold(id: number, senderId: number) {
    const locked = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const done = world().store.transact(async (tx) => {
      await tx.log.lock([id], 'wait');
      locked.resolve();
      await release.promise;
      await append(tx, id, senderId, [text('by the holder')]);
    });
    await locked.promise;
    return {
      async release() {
        release.resolve();
        await done;
      },
    };
  }

  test('a lock that waits gives what the holder has committed', async () => {
    const { store } = world();
    const { a, b, id } = await world().direct();
    const holder = await hold(id, a.id);
    const waiting = store.transact((tx) => append(tx, id, b.id, [text('after the holder')]));
    await holder.release();
    expect(await waiting).toBe(2);
    expect(await world().visible(a.id, id)).toEqual([1, 2]);
  });

  test('a deadlock is resolved: both transactions succeed, each once', async () => {
    const [first, second] = [await world().direct(), await world().direct()];
    const both = Promise.withResolvers<void>();
    let arrived = 0;
    const cross = (one: typeof first, two: typeof first) =>
      world().store.transact(async (tx) => {
        await append(tx, one.id, one.a.id, [text('first')]);
        if (++arrived === 2) both.resolve();
        if (!traits.serial) await both.promise;
        await append(tx, two.id, two.a.id, [text('second')]);
      });
    await Promise.all([cross(first, second), cross(second, first)]);
    for (const { a, id } of [first, second]) expect(await world().visible(a.id, id)).toEqual([1, 2]);
  });

  // Where transactions are serial nobody else can hold a lock.
  if (traits.serial) return;

  test('what is locked elsewhere is left out at once, or waited for until the budget is spent', async () => {
    const { store } = world();
    const [held, free] = [await world().direct(), await world().direct()];
    const holder = await hold(held.id, held.a.id);
    const skipping = await store.transact((tx) => tx.log.lock([held.id, free.id], 'skip'));
    expect(skipping.map((head) => head.id)).toEqual([free.id]);
    await expect(store.transact((tx) => tx.log.lock([held.id], 'wait'))).rejects.toThrow(StoreUnavailable);
    await holder.release();
    expect(await store.transact((tx) => tx.log.lock([held.id], 'skip'))).toMatchObject([{ id: held.id, lastSeq: 1 }]);
  });

  test('a lock on one conversation does not wait for those around it', async () => {
    const { store } = world();
    const [before, mine, after] = [await world().direct(), await world().direct(), await world().direct()];
    const holders = [await hold(before.id, before.a.id), await hold(after.id, after.a.id)];
    const heads = await store.transact((tx) => tx.log.lock([mine.id], 'wait'));
    expect(heads.map((head) => head.id)).toEqual([mine.id]);
    await world().say(mine.id, mine.a.id, text('not held up'));
    for (const holder of holders) await holder.release();
  });
}
