import { beforeEach, describe, expect, test } from '@jest/globals';

import { silentEvents } from '../../test/domain/domain.ts';
import { EPOCH_MS, ManualClock } from '../../test/domain/manual-clock.ts';
import { until } from '../../test/domain/until.ts';
import type { PresenceRow } from '../store/seam/records.ts';
import type { PresenceStore } from '../store/seam/presence.ts';
import { MemoryPresence } from './memory-presence.ts';

const ANN = 1;
const BOB = 2;

/** A store whose writes end when the test says so. */
class SlowStore implements Pick<PresenceStore, 'write' | 'lastSeen'> {
  readonly lastSeenAt = new Map<number, number>();
  readonly writes: { readonly rows: readonly PresenceRow[]; end: (error?: Error) => void }[] = [];

  async write(_replica: string, _incarnation: string, rows: readonly PresenceRow[]): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.writes.push({ rows, end: (error) => (error === undefined ? resolve() : reject(error)) });
    await promise;
    for (const { userId, at } of rows) this.lastSeenAt.set(userId, at);
  }

  async lastSeen(userIds: readonly number[]): Promise<Map<number, number>> {
    return new Map([...this.lastSeenAt].filter(([userId]) => userIds.includes(userId)));
  }
}

describe('presence is written behind', () => {
  let store: SlowStore;
  let clock: ManualClock;
  let presence: MemoryPresence;

  beforeEach(() => {
    store = new SlowStore();
    clock = new ManualClock();
    const accounts = { hiddenPresence: async () => new Set<number>() };
    const options = { replica: 'here', incarnation: 'now', awayAfterMs: 300_000 };
    presence = new MemoryPresence({ store, accounts, clock, events: silentEvents }, options);
  });

  const written = () => store.writes.map(({ rows }) => rows.map(({ userId, online }) => [userId, online]));
  const stateOf = async (userId: number) => (await presence.states([userId])).get(userId);

  test('of many changes within half a second, the last of each user', () => {
    for (let n = 0; n < 5; n += 1) {
      presence.arrive(ANN);
      presence.leave(ANN);
    }
    presence.arrive(BOB);
    clock.advance(499);
    expect(written()).toEqual([]);
    clock.advance(1);
    expect(written()).toEqual([
      [
        [ANN, false],
        [BOB, true],
      ],
    ]);
  });

  test('one write at a time, so that a slow “online” never comes after the “offline” that followed it', async () => {
    presence.arrive(ANN);
    clock.advance(500);
    presence.leave(ANN);
    clock.advance(5_000);
    expect(written()).toEqual([[[ANN, true]]]);
    store.writes[0]?.end();
    await until(() => clock.timers > 0);
    clock.advance(500);
    expect(written()).toEqual([[[ANN, true]], [[ANN, false]]]);
  });

  test('when a user was last seen is known while it is being written', async () => {
    presence.arrive(ANN);
    clock.advance(100);
    presence.leave(ANN);
    clock.advance(400);
    expect(store.writes).toHaveLength(1);
    expect(await stateOf(ANN)).toEqual({ status: 'offline', lastSeenAt: EPOCH_MS + 100 });
    store.writes[0]?.end();
    await until(() => store.lastSeenAt.size > 0);
    expect(await stateOf(ANN)).toEqual({ status: 'offline', lastSeenAt: EPOCH_MS + 100 });
  });

  test('after a failure, with what came meanwhile', async () => {
    presence.arrive(ANN);
    clock.advance(500);
    presence.leave(ANN);
    presence.arrive(BOB);
    store.writes[0]?.end(new Error('down'));
    // One that looks who is idle, one that writes again.
    await until(() => clock.timers === 2);
    clock.advance(2_000);
    expect(written().slice(1)).toEqual([
      [
        [ANN, false],
        [BOB, true],
      ],
    ]);
    store.writes[1]?.end();
    await until(() => store.lastSeenAt.size === 2);
    clock.advance(60_000);
    expect(written()).toHaveLength(2);
  });

  test('disposing waits for the write under way, writes all as offline, and leaves no timer', async () => {
    presence.arrive(ANN);
    clock.advance(500);
    presence.arrive(BOB);
    const disposed = presence[Symbol.asyncDispose]();
    expect(written()).toEqual([[[ANN, true]]]);
    store.writes[0]?.end();
    await until(() => store.writes.length === 2);
    expect(new Map(written()[1] as [number, boolean][])).toEqual(
      new Map([
        [ANN, false],
        [BOB, false],
      ]),
    );
    store.writes[1]?.end(new Error('down'));
    await disposed;
    expect(clock.timers).toBe(0);
  });
});
