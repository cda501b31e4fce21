import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { openMemoryStore, RecordingBus, silentEvents } from '../../test/domain/domain.ts';
import { ManualClock } from '../../test/domain/manual-clock.ts';
import { withMethods } from '../../test/domain/with-methods.ts';
import { World } from '../../test/store/world.ts';
import type { CursorAdvance, UserRecord } from '../store/seam/records.ts';
import { StoreUnavailable } from '../store/seam/failures.ts';
import type { Store } from '../store/seam/store.ts';
import { MAX_TOLD_MEMBERS, ReceiptPublisher } from './receipt-publisher.ts';

describe('receipts are published', () => {
  let store: Store;
  let world: World;
  let bus: RecordingBus;
  let clock: ManualClock;
  let publisher: ReceiptPublisher;
  /** Reads of the store, by their name. */
  let reads: string[];
  let failures: number;
  let ann: UserRecord;
  let bob: UserRecord;
  let conversationId: number;

  beforeEach(async () => {
    store = await openMemoryStore();
    world = new World(store);
    bus = new RecordingBus();
    clock = new ManualClock();
    reads = [];
    failures = 0;
    ({ a: ann, b: bob, id: conversationId } = await world.direct());
    const counted =
      <Args extends unknown[], R>(name: string, read: (...args: Args) => Promise<R>) =>
      async (...args: Args): Promise<R> => {
        reads.push(name);
        failures -= 1;
        if (failures >= 0) throw new StoreUnavailable('down');
        return read(...args);
      };
    const { cursors, friends, groups } = store;
    const watched = withMethods(store, {
      cursors: withMethods(cursors, { many: counted('cursors', (keys) => cursors.many(keys)) }),
      friends: withMethods(friends, { blockedAmong: counted('blocks', (pairs) => friends.blockedAmong(pairs)) }),
      groups: withMethods(groups, { memberCounts: counted('counts', (ids) => groups.memberCounts(ids)) }),
    });
    publisher = new ReceiptPublisher({ store: watched, bus, clock, events: silentEvents });
  });

  afterEach(async () => {
    await store[Symbol.asyncDispose]();
  });

  /** Writes cursors as the writer does, and gives what was published: `channel userId delivered/read`. */
  async function write(...advances: CursorAdvance[]): Promise<string[]> {
    await store.cursors.advance(advances);
    publisher.written(advances);
    await publisher[Symbol.asyncDispose]();
    return bus.published.splice(0).map(({ channel, event }) => {
      if (event.type !== 'receipt') throw new Error(event.type);
      const expected = channel.startsWith('group:') ? null : Number(channel.split(':')[1]);
      expect(event.to).toBe(expected);
      return `${channel} ${event.userId} ${event.deliveredSeq}/${event.readSeq}`;
    });
  }

  const of = (user: UserRecord, advance: Partial<CursorAdvance>, id = conversationId): CursorAdvance => ({
    userId: user.id,
    conversationId: id,
    ...advance,
  });
  const block = (user: UserRecord, other: UserRecord) =>
    store.transact(async (tx) => {
      await tx.log.lock([conversationId], 'wait');
      await tx.friends.set(user.id, other.id, 'blocked', 1);
    });

  test('of a direct conversation to both users, as they are stored', async () => {
    expect(await write(of(bob, { deliveredSeq: 5 }))).toEqual([
      `user:${bob.id} ${bob.id} 5/0`,
      `user:${ann.id} ${bob.id} 5/0`,
    ]);
    // The mark says less than what is stored.
    expect(await write(of(bob, { deliveredSeq: 3, readSeq: 2 }))).toEqual([
      `user:${bob.id} ${bob.id} 5/2`,
      `user:${ann.id} ${bob.id} 5/2`,
    ]);
  });

  test('only where they moved, and exist', async () => {
    await write(of(bob, { deliveredSeq: 5 }));
    expect(await write(of(bob, { deliveredSeq: 4 }))).toEqual([]);
    const stranger = await world.user();
    expect(await write(of(stranger, { deliveredSeq: 4 }))).toEqual([]);
    expect(await write(of(bob, { deliveredSeq: 4 }, 999_999))).toEqual([]);
  });

  test.each(['the reader', 'the other'])(
    'not to the peer where %s has blocked, but to one’s own devices',
    async (who) => {
      await (who === 'the reader' ? block(bob, ann) : block(ann, bob));
      expect(await write(of(bob, { readSeq: 5 }))).toEqual([`user:${bob.id} ${bob.id} 0/5`]);
    },
  );

  test('of a group to its members up to so many, to one’s own devices in any', async () => {
    const group = await world.group(ann);
    for (const user of await world.users(MAX_TOLD_MEMBERS - 1)) await world.join(group, user);
    const own = `user:${ann.id} ${ann.id}`;
    expect(await write(of(ann, { readSeq: 2 }, group.conversationId))).toEqual([
      `${own} 0/2`,
      `group:${group.groupId} ${ann.id} 0/2`,
    ]);
    await world.join(group, bob);
    // The number of members is looked up now and then.
    clock.advance(10_001);
    expect(await write(of(ann, { readSeq: 3 }, group.conversationId))).toEqual([`${own} 0/3`]);
  });

  test('by one query of each kind for all that was written at once, and by none where nothing was', async () => {
    const group = await world.group(ann);
    const advances = [of(ann, { readSeq: 1 }), of(bob, { readSeq: 1 }), of(ann, { readSeq: 1 }, group.conversationId)];
    for (let n = 0; n < 20; n += 1) {
      const { a, id } = await world.direct();
      advances.push(of(a, { deliveredSeq: 1 }, id));
    }
    await write(...advances);
    expect(reads.sort()).toEqual(['blocks', 'counts', 'cursors']);
    reads = [];
    await write(of(ann, { readSeq: 2 }, group.conversationId));
    expect(reads).toEqual(['cursors']);
    publisher.written([]);
    expect(reads).toEqual(['cursors']);
  });

  describe('not of what says itself: one’s own messages', () => {
    const own = (from: number, to = from) => ({ readSeq: to, own: { from, to } });

    test('from the beginning of a conversation on, without a query', async () => {
      expect(await write(of(ann, own(1, 3)))).toEqual([]);
      expect(await write(of(ann, own(4)))).toEqual([]);
      expect(reads).toEqual([]);
      expect(await write(of(ann, { deliveredSeq: 5 }))).toEqual([
        `user:${ann.id} ${ann.id} 5/4`,
        `user:${bob.id} ${ann.id} 5/4`,
      ]);
    });

    test('but of others’ that an answer passes over', async () => {
      expect(await write(of(bob, { deliveredSeq: 2, ...own(3) }))).toEqual([
        `user:${bob.id} ${bob.id} 3/3`,
        `user:${ann.id} ${bob.id} 3/3`,
      ]);
      expect(await write(of(bob, own(4)))).toEqual([]);
      // One by Ann lies between.
      expect(await write(of(bob, own(6)))).toEqual([`user:${bob.id} ${bob.id} 4/6`, `user:${ann.id} ${bob.id} 4/6`]);
    });

    test('but of what was read beyond them', async () => {
      await write(of(bob, { deliveredSeq: 2, ...own(3) }));
      expect(await write(of(bob, { readSeq: 5, own: { from: 4, to: 4 } }))).toHaveLength(2);
    });

    test('but of what is not known to reach up to them', async () => {
      expect(await write(of(bob, own(7)))).toHaveLength(2);
    });
  });

  test('again after a failure of the store, with the next move', async () => {
    failures = 1;
    expect(await write(of(bob, { deliveredSeq: 1 }))).toEqual([]);
    expect(await write(of(bob, { deliveredSeq: 2 }))).toHaveLength(2);
  });

  test('of what is written while others are published', async () => {
    await store.cursors.advance([of(bob, { readSeq: 1 }), of(ann, { readSeq: 1 })]);
    publisher.written([of(bob, { readSeq: 1 })]);
    publisher.written([of(ann, { readSeq: 1 })]);
    await publisher[Symbol.asyncDispose]();
    expect(bus.published).toHaveLength(4);
  });
});
