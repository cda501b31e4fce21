import { beforeEach, expect, test } from '@jest/globals';

import { silentEvents } from '../../test/domain/domain.ts';
import { ManualClock } from '../../test/domain/manual-clock.ts';
import { until } from '../../test/domain/until.ts';
import type { BusEvent } from '../bus/bus.ts';
import type { PresenceState } from '../presence/presence.ts';
import { PresenceRefresh } from './presence-refresh.ts';

const ONLINE: PresenceState = { status: 'online', lastSeenAt: null };
const OFFLINE: PresenceState = { status: 'offline', lastSeenAt: 5 };

const LEASE_MS = 10_000;

let clock: ManualClock;
let shown: BusEvent[];
let failures: number;
let users: number[];
let refresh: PresenceRefresh;

beforeEach(() => {
  clock = new ManualClock();
  shown = [];
  failures = 0;
  users = [1];
  refresh = new PresenceRefresh({
    presence: {
      states: async (ids) => {
        if (failures-- > 0) throw new Error('down');
        return new Map(ids.map((id) => [id, id % 2 === 0 ? ONLINE : OFFLINE]));
      },
    },
    friends: { ids: async (userId) => [userId + 1, userId + 2] },
    streams: { userIds: () => users },
    dispatcher: { receive: (event) => void shown.push(event) },
    clock,
    events: silentEvents,
    leaseMs: LEASE_MS,
  });
});

/** And has been so for a lease. */
function busIsUp(): void {
  refresh.busIsUp();
  clock.advance(LEASE_MS);
}

test('shows each user who has a stream how all their friends are', async () => {
  busIsUp();
  await until(() => shown.length === 2);
  expect(shown).toEqual([
    { type: 'presence', to: 1, userId: 2, ...ONLINE },
    { type: 'presence', to: 1, userId: 3, ...OFFLINE },
  ]);
});

test('leaves a rest to others after so many users, and shows them all', async () => {
  users = Array.from({ length: 45 }, (_, index) => index + 1);
  busIsUp();
  for (const soFar of [20, 40, 45]) {
    await until(() => shown.length === 2 * soFar && clock.timers === 1);
    clock.advance(20);
  }
  expect(new Set(shown.map((event) => event.type === 'presence' && event.to)).size).toBe(45);
});

test('tries again where it can’t be known, and begins anew where the bus is up once more', async () => {
  failures = 1;
  busIsUp();
  await until(() => clock.timers === 1);
  expect(shown).toEqual([]);
  clock.advance(2_000);
  await until(() => shown.length === 2);
  busIsUp();
  await until(() => clock.timers === 1);
  clock.advance(20);
  await until(() => shown.length === 4);
});

test('waits for a lease: who is on other replicas may not be known before', async () => {
  refresh.busIsUp();
  clock.advance(LEASE_MS - 1);
  refresh.busIsUp();
  clock.advance(LEASE_MS - 1);
  expect(shown).toEqual([]);
  clock.advance(1);
  await until(() => shown.length === 2);
});

test('ends in the middle', async () => {
  users = Array.from({ length: 45 }, (_, index) => index + 1);
  busIsUp();
  await until(() => clock.timers === 1);
  const closed = refresh[Symbol.asyncDispose]();
  clock.advance(20);
  await closed;
  busIsUp();
  expect(clock.timers).toBe(0);
  expect(shown).toHaveLength(40);
});
