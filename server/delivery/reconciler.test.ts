import { afterEach, beforeEach, expect, test } from '@jest/globals';

import { FadingBus } from '../../test/delivery/fading-bus.ts';
import { silentEvents } from '../../test/domain/domain.ts';
import { ManualClock } from '../../test/domain/manual-clock.ts';
import type { Activity } from '../store/seam/log.ts';
import { Reconciler } from './reconciler.ts';

const DATABASE_MS = 1_000_000;

let clock: ManualClock;
let bus: FadingBus;
let epoch: string;
let failing: boolean;
/** From when on the log was read. */
let reads: (number | null)[];
let applied: number;
let replaced: number;
let reconciler: Reconciler;

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

beforeEach(async () => {
  clock = new ManualClock();
  bus = new FadingBus('up');
  [epoch, failing, reads, applied, replaced] = ['first', false, [], 0, 0];
  const activeSince = async (since: number | null): Promise<Activity> => {
    reads.push(since);
    if (failing) throw new Error('no database');
    const databaseNow = DATABASE_MS + clock.monotonic();
    return { databaseNow, logEpoch: epoch, conversations: [], memberships: [] };
  };
  reconciler = new Reconciler({
    ...{ log: { activeSince }, bus, clock, events: silentEvents },
    dispatcher: { reconcile: () => void (applied += 1) },
    onLogReplaced: () => void (replaced += 1),
  });
  bus.onState(() => reconciler.busChanged());
  await settle();
});

afterEach(() => reconciler[Symbol.asyncDispose]());

async function pass(ms: number): Promise<void> {
  clock.advance(ms);
  await settle();
}

test('each pass looks back fifteen seconds before the one that came before it', async () => {
  await pass(5_500);
  await pass(5_500);
  expect(reads[0]).toBeNull();
  expect(reads[1]).toBe(DATABASE_MS - 15_000);
  expect(reads[2]).toBeGreaterThan(DATABASE_MS - 15_000 + 4_500);
  expect(applied).toBe(3);
});

test('a pass that failed is made good by the next', async () => {
  failing = true;
  await pass(5_500);
  failing = false;
  await pass(5_500);
  expect(reads).toEqual([null, DATABASE_MS - 15_000, DATABASE_MS - 15_000]);
});

test('while the bus is up, it looks about every five seconds', async () => {
  await pass(4_499);
  expect(reads).toHaveLength(1);
  await pass(1_001);
  expect(reads).toHaveLength(2);
});

test('it looks at once when the bus is lost, then every second, and at once when it is back', async () => {
  await pass(100);
  bus.become('degraded');
  await settle();
  expect(reads).toHaveLength(2);
  for (let second = 0; second < 3; second += 1) await pass(1_000);
  expect(reads).toHaveLength(5);
  await pass(10);
  bus.become('up');
  await settle();
  expect(reads).toHaveLength(6);
  await pass(4_499);
  expect(reads).toHaveLength(6);
});

test('another log is told of once, and nothing of it is applied to what was there before', async () => {
  epoch = 'second';
  await pass(5_500);
  expect([replaced, applied]).toEqual([1, 1]);
  await pass(5_500);
  expect([replaced, applied]).toEqual([1, 2]);
});
