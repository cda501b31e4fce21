import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { RecordingBus, silentEvents } from '../../test/domain/domain.ts';
import { EPOCH_MS, ManualClock } from '../../test/domain/manual-clock.ts';
import { until } from '../../test/domain/until.ts';
import { StoreUnavailable } from '../store/seam/failures.ts';
import type { PresenceStore } from '../store/seam/presence.ts';
import { MemoryPresence } from './memory-presence.ts';
import { PresenceNews } from './presence-news.ts';

const [ANN, BOB, CAROL] = [1, 2, 3];
const AWAY_AFTER_MS = 10_000;
const GRACE_MS = 2_000;

describe('friends are told of who comes and goes', () => {
  let clock: ManualClock;
  let bus: RecordingBus;
  let hidden: Set<number>;
  let failures: number;
  let presence: MemoryPresence;
  let news: PresenceNews;
  /** While it is asked who the friends are. */
  let asked: (() => void | Promise<void>) | undefined;

  beforeEach(() => {
    clock = new ManualClock();
    bus = new RecordingBus();
    hidden = new Set();
    failures = 0;
    const seenAt = new Map<number, number>();
    const store: Pick<PresenceStore, 'write' | 'lastSeen'> = {
      write: async (_replica, _incarnation, rows) => rows.forEach(({ userId, at }) => seenAt.set(userId, at)),
      lastSeen: async () => seenAt,
    };
    const accounts = {
      hiddenPresence: async () => {
        failures -= 1;
        if (failures >= 0) throw new StoreUnavailable('down');
        return hidden;
      },
    };
    presence = new MemoryPresence(
      { store, accounts, clock, events: silentEvents },
      { replica: 'here', incarnation: 'now', awayAfterMs: AWAY_AFTER_MS },
    );
    asked = undefined;
    const friends = {
      ids: async (userId: number) => {
        await asked?.();
        return userId === ANN ? [BOB, CAROL] : [ANN];
      },
    };
    news = new PresenceNews({ presence, friends, bus, clock, events: silentEvents });
  });

  afterEach(() => {
    news.close();
  });

  /** Lets everything be told that is due. */
  const settle = async () => {
    for (let turn = 0; turn < 5; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
  };
  const pass = async (ms: number) => {
    await settle();
    clock.advance(ms);
    await settle();
  };
  /** What Bob was told of Ann. */
  const toldBob = () =>
    bus.published.flatMap(({ channel, event }) =>
      channel === `user:${BOB}` && event.type === 'presence' && event.userId === ANN ? [event.status] : [],
    );

  test('each of them, on their own channel', async () => {
    presence.arrive(ANN);
    await settle();
    const told = { type: 'presence', userId: ANN, status: 'online', lastSeenAt: null };
    expect(bus.published).toEqual([
      { channel: `user:${BOB}`, event: { ...told, to: BOB } },
      { channel: `user:${CAROL}`, event: { ...told, to: CAROL } },
    ]);
  });

  test('of who goes only when they stay away, with the time at which they went', async () => {
    presence.arrive(ANN);
    await pass(1_000);
    presence.leave(ANN);
    await pass(GRACE_MS - 1);
    presence.arrive(ANN);
    await pass(AWAY_AFTER_MS - 1);
    expect(toldBob()).toEqual(['online']);
    presence.leave(ANN);
    const leftAt = clock.now();
    await pass(GRACE_MS - 1);
    expect(toldBob()).toEqual(['online']);
    await pass(1);
    expect(toldBob()).toEqual(['online', 'offline']);
    expect(bus.published.at(-1)?.event).toMatchObject({ lastSeenAt: leftAt });
    expect(leftAt).toBe(EPOCH_MS + 1_000 + GRACE_MS - 1 + AWAY_AFTER_MS - 1);
  });

  test('of who came and went before it was told, nothing', async () => {
    presence.arrive(ANN);
    presence.leave(ANN);
    await pass(GRACE_MS);
    expect(toldBob()).toEqual([]);
    presence.arrive(ANN);
    await settle();
    expect(toldBob()).toEqual(['online']);
  });

  test('of who goes while they are being told that they are here', async () => {
    asked = () => presence.leave(ANN);
    presence.arrive(ANN);
    await pass(GRACE_MS);
    expect(toldBob()).toEqual(['online', 'offline']);
    asked = undefined;
    presence.arrive(ANN);
    await pass(0);
    expect(toldBob()).toEqual(['online', 'offline', 'online']);
  });

  test('of who is away, and back', async () => {
    presence.arrive(ANN);
    await pass(AWAY_AFTER_MS);
    presence.active(ANN);
    await pass(0);
    presence.active(ANN);
    await pass(0);
    expect(toldBob()).toEqual(['online', 'away', 'online']);
  });

  test('but of who hides it, nothing', async () => {
    hidden.add(ANN);
    presence.arrive(ANN);
    await pass(AWAY_AFTER_MS);
    presence.leave(ANN);
    await pass(GRACE_MS);
    expect(bus.published).toEqual([]);
  });

  test('anew, whenever the setting changes', async () => {
    presence.arrive(ANN);
    await settle();
    hidden.add(ANN);
    news.settingChanged(ANN);
    await pass(AWAY_AFTER_MS);
    expect(toldBob()).toEqual(['online', 'hidden']);
    hidden.clear();
    news.settingChanged(ANN);
    await settle();
    expect(toldBob()).toEqual(['online', 'hidden', 'away']);
    // Also of who has no stream.
    news.settingChanged(CAROL);
    await settle();
    expect(bus.published.at(-1)).toMatchObject({ channel: `user:${ANN}`, event: { userId: CAROL, status: 'offline' } });
  });

  test('who hid it on another replica, was gone, and shows it again, is told of when they come', async () => {
    presence.arrive(ANN);
    await settle();
    hidden.add(ANN);
    presence.leave(ANN);
    await pass(GRACE_MS);
    hidden.clear();
    presence.arrive(ANN);
    await settle();
    expect(toldBob()).toEqual(['online', 'online']);
  });

  test('after a failure of the store, what is so by then', async () => {
    failures = 1;
    presence.arrive(ANN);
    await settle();
    expect(toldBob()).toEqual([]);
    await until(() => failures === 0);
    await pass(2_000);
    expect(toldBob()).toEqual(['online']);
  });

  test('after the bus was away, what is so by then', async () => {
    bus.state = 'degraded';
    presence.arrive(ANN);
    await pass(AWAY_AFTER_MS);
    expect(toldBob()).toEqual([]);
    bus.state = 'up';
    await pass(2_000);
    expect(toldBob()).toEqual(['away']);
  });

  test('of many at once, and of nobody any more once it is closed', async () => {
    for (let userId = 10; userId < 260; userId += 1) presence.arrive(userId);
    await settle();
    expect(bus.published).toHaveLength(250);
    for (let userId = 10; userId < 260; userId += 1) presence.leave(userId);
    news.close();
    await pass(GRACE_MS);
    expect(bus.published).toHaveLength(250);
  });
});
