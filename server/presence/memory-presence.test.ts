import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { openMemoryStore, silentEvents } from '../../test/domain/domain.ts';
import { EPOCH_MS, ManualClock } from '../../test/domain/manual-clock.ts';
import type { Store } from '../store/seam/store.ts';
import { MemoryPresence } from './memory-presence.ts';

const AWAY_AFTER_MS = 300_000;

describe('presence', () => {
  let store: Store;
  let clock: ManualClock;
  let presence: MemoryPresence;
  let userId: number;

  beforeEach(async () => {
    store = await openMemoryStore();
    clock = new ManualClock();
    presence = start('first');
    const user = { name: 'ann', foldedName: 'ann', passwordHash: '-', createdAt: 0 };
    userId = (await store.accounts.insert(user)).id;
  });

  afterEach(async () => {
    await store[Symbol.asyncDispose]();
  });

  function start(incarnation: string): MemoryPresence {
    const { presence, accounts } = store;
    const options = { replica: 'here', incarnation, awayAfterMs: AWAY_AFTER_MS };
    return new MemoryPresence({ store: presence, accounts, clock, events: silentEvents }, options);
  }

  const setHidden = (hidden: boolean) =>
    store.transact(async (tx) => {
      await tx.accounts.lock(userId);
      await tx.accounts.setPresenceHidden(userId, hidden);
    });

  const stateOf = async (of = presence) => (await of.states([userId])).get(userId);

  test('a user is online as long as one stream is open', async () => {
    expect(await stateOf()).toEqual({ status: 'offline', lastSeenAt: null });
    presence.arrive(userId);
    presence.arrive(userId);
    presence.leave(userId);
    expect(await stateOf()).toEqual({ status: 'online', lastSeenAt: null });
    clock.advance(5_000);
    presence.leave(userId);
    expect(await stateOf()).toEqual({ status: 'offline', lastSeenAt: EPOCH_MS + 5_000 });
  });

  test('what is disposed of is offline for those that come after', async () => {
    presence.arrive(userId);
    clock.advance(7_000);
    await presence[Symbol.asyncDispose]();
    expect(clock.timers).toBe(0);
    expect(await stateOf(start('second'))).toEqual({ status: 'offline', lastSeenAt: EPOCH_MS + 7_000 });
    expect(await store.presence.expire(null, 'second', 0)).toBe(0);
  });

  test('what a crash left online is ended by the next run', async () => {
    presence.arrive(userId);
    clock.advance(500);
    while ((await store.presence.lastSeen([userId])).size === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(await store.presence.expire(null, 'second', EPOCH_MS + 9_000)).toBe(1);
    expect(await stateOf(start('second'))).toEqual({ status: 'offline', lastSeenAt: EPOCH_MS + 9_000 });
  });

  describe('changes', () => {
    let changes: (readonly [number, string])[];

    beforeEach(() => {
      changes = [];
      presence.onChange((userId, status) => changes.push([userId, status]));
    });

    test('with the first stream and the last one', () => {
      for (const step of ['arrive', 'arrive', 'leave', 'leave', 'leave', 'arrive'] as const) presence[step](userId);
      expect(changes).toEqual([
        [userId, 'online'],
        [userId, 'offline'],
        [userId, 'online'],
      ]);
    });

    test('to away when nothing was done on any stream for a while, and back', async () => {
      presence.arrive(userId);
      clock.advance(AWAY_AFTER_MS - 1);
      presence.active(userId);
      clock.advance(AWAY_AFTER_MS - 1);
      presence.arrive(userId);
      clock.advance(AWAY_AFTER_MS - 1);
      expect(await stateOf()).toEqual({ status: 'online', lastSeenAt: null });
      clock.advance(1);
      expect(await stateOf()).toEqual({ status: 'away', lastSeenAt: null });
      presence.active(userId);
      presence.active(userId);
      expect(await stateOf()).toEqual({ status: 'online', lastSeenAt: null });
      clock.advance(AWAY_AFTER_MS);
      presence.leave(userId);
      presence.leave(userId);
      presence.active(userId);
      expect(await stateOf()).toMatchObject({ status: 'offline' });
      clock.advance(AWAY_AFTER_MS);
      expect(changes.map(([, status]) => status)).toEqual(['online', 'away', 'online', 'away', 'offline']);
    });

    test('to away each in their own time', () => {
      for (const id of [1, 2, 3]) {
        presence.arrive(id);
        clock.advance(1_000);
      }
      presence.active(1);
      clock.advance(AWAY_AFTER_MS - 2_000);
      expect(changes.slice(3)).toEqual([[2, 'away']]);
      clock.advance(2_000);
      expect(changes.slice(3)).toEqual([
        [2, 'away'],
        [3, 'away'],
        [1, 'away'],
      ]);
    });
  });

  test('of who hides it, nothing is shown', async () => {
    presence.arrive(userId);
    await setHidden(true);
    expect(await stateOf()).toEqual({ status: 'hidden', lastSeenAt: null });
    presence.leave(userId);
    expect(await stateOf()).toEqual({ status: 'hidden', lastSeenAt: null });
    await setHidden(false);
    expect(await stateOf()).toEqual({ status: 'offline', lastSeenAt: EPOCH_MS });
  });
});
