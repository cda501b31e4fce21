import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import type { Presence } from '../../server/presence/presence.ts';
import type { Store } from '../../server/store/seam/store.ts';
import { openMemoryStore } from '../domain/domain.ts';
import { EPOCH_MS, ManualClock } from '../domain/manual-clock.ts';
import { until } from '../domain/until.ts';

export const AWAY_AFTER_MS = 300_000;

export interface PresenceFixture extends AsyncDisposable {
  readonly presence: Presence;
  readonly incarnation: string;
}

/** @param open a replica's presence; several of them follow each other */
export function presenceConformance(
  name: string,
  open: (store: Store, clock: ManualClock) => Promise<PresenceFixture>,
): void {
  describe(name, () => {
    let store: Store;
    let clock: ManualClock;
    let fixtures: PresenceFixture[];
    let presence: Presence;
    let userId: number;

    beforeEach(async () => {
      store = await openMemoryStore();
      clock = new ManualClock();
      fixtures = [];
      presence = (await start()).presence;
      const user = { name: 'ann', foldedName: 'ann', passwordHash: '-', createdAt: 0 };
      userId = (await store.accounts.insert(user)).id;
    });

    afterEach(async () => {
      for (const fixture of fixtures) await fixture[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    });

    async function start(): Promise<PresenceFixture> {
      const fixture = await open(store, clock);
      fixtures.push(fixture);
      return fixture;
    }

    const setHidden = (hidden: boolean) =>
      store.transact(async (tx) => {
        await tx.accounts.lock(userId);
        await tx.accounts.setPresenceHidden(userId, hidden);
      });

    const stateOf = async (of = presence) => (await of.states([userId])).get(userId);
    const lookAt = async () => (await presence.look([userId])).get(userId);

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
      const { presence: second, incarnation } = await start();
      expect(await stateOf(second)).toEqual({ status: 'offline', lastSeenAt: EPOCH_MS + 7_000 });
      expect(await store.presence.expire(null, incarnation, 0)).toBe(0);
    });

    test('the database has who is here, half a second later', async () => {
      presence.arrive(userId);
      clock.advance(500);
      await until(async () => (await store.presence.runsOf([userId])).size > 0);
      expect(await store.presence.runsOf([userId])).toEqual(
        new Map([[userId, { replica: 'here', incarnation: fixtures[0]!.incarnation }]]),
      );
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

    test('nobody is asked for nothing', async () => {
      expect(await presence.states([])).toEqual(new Map());
      expect(await presence.look([])).toEqual(new Map());
    });

    test('what friends were told is remembered until they are told that the user is gone', async () => {
      const online = { status: 'online', lastSeenAt: null };
      expect(await lookAt()).toEqual({
        ...{ state: { status: 'offline', lastSeenAt: null }, told: 'offline', here: 'offline' },
      });
      presence.settle(userId, 'offline');
      presence.arrive(userId);
      expect(await lookAt()).toEqual({ state: online, told: 'offline', here: 'online' });
      presence.settle(userId, 'online');
      clock.advance(AWAY_AFTER_MS);
      expect(await lookAt()).toMatchObject({ state: { status: 'away' }, told: 'online', here: 'away' });
      presence.settle(userId, 'away');
      presence.leave(userId);
      expect(await lookAt()).toMatchObject({ state: { status: 'offline' }, told: 'away', here: 'offline' });
      // Back before anybody was told.
      presence.arrive(userId);
      expect(await lookAt()).toMatchObject({ state: online, told: 'away', here: 'online' });
      presence.leave(userId);
      presence.settle(userId, 'offline');
      expect(await lookAt()).toMatchObject({ state: { status: 'offline' }, told: 'offline', here: 'offline' });
      presence.arrive(userId);
      await setHidden(true);
      expect(await lookAt()).toMatchObject({ state: { status: 'hidden' }, told: 'offline', here: 'online' });
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
  });
}
