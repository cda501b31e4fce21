import { beforeEach, describe, expect, test } from '@jest/globals';

import { ManualClock } from '../../test/domain/manual-clock.ts';
import type { Signal } from '../bus/bus.ts';
import { Outbox } from './outbox.ts';
import { StreamSignals } from './stream-signals.ts';

const ME = 1;
const BOB = 2;

const receipt = (userId: number, deliveredSeq: number, readSeq = 0, conversationId = 7): Signal => ({
  type: 'receipt',
  to: ME,
  conversationId,
  userId,
  deliveredSeq,
  readSeq,
});
const presence = (userId: number, status: 'online' | 'offline'): Signal => ({
  type: 'presence',
  to: ME,
  userId,
  status,
  lastSeenAt: null,
});
const typing: Signal = {
  type: 'typing',
  to: ME,
  conversationId: 7,
  userId: BOB,
  target: { kind: 'user', userId: ME },
  stopped: false,
};

describe('what a stream is told beside the log', () => {
  let clock: ManualClock;
  let outbox: Outbox;
  let signals: StreamSignals;

  beforeEach(() => {
    clock = new ManualClock();
    outbox = new Outbox({ maxBytes: 200, maxFrameBytes: 1_000 });
    signals = new StreamSignals(ME, outbox, clock);
  });

  async function told(): Promise<unknown[]> {
    const all: unknown[] = [];
    while (!outbox.empty) all.push(await outbox.next());
    return all;
  }

  /** The own cursors that come of these. */
  async function ownTold(...cursors: Signal[]): Promise<unknown[]> {
    for (const cursor of cursors) signals.tell(cursor);
    clock.advance(2_000);
    return (await told()).flatMap((frame) => (frame as { cursors: unknown[] }).cursors);
  }

  const fill = () => {
    while (!outbox.full) outbox.pushNotice({ type: 'caught-up' });
  };

  test('typing, at once, without what is for the way only', async () => {
    signals.tell(typing);
    const { to: _to, ...notice } = typing;
    expect(await told()).toEqual([notice]);
  });

  test('typing is lost where there is no room', async () => {
    fill();
    signals.tell(typing);
    expect((await told()).every((frame) => (frame as { type: string }).type === 'caught-up')).toBe(true);
  });

  test('presence waits for room, the latest of each friend', async () => {
    fill();
    signals.tell(presence(BOB, 'online'));
    signals.tell(presence(3, 'online'));
    signals.tell(presence(BOB, 'offline'));
    const waited: unknown[] = [];
    while (waited.length < 2) {
      const frame = await outbox.next();
      if (frame?.type === 'presence') waited.push(frame);
    }
    expect(waited).toEqual([
      { type: 'presence', userId: 3, status: 'online', lastSeenAt: null },
      { type: 'presence', userId: BOB, status: 'offline', lastSeenAt: null },
    ]);
  });

  test('nothing of all that takes more room than there is', async () => {
    for (let userId = 2; userId < 2_000; userId += 1) {
      signals.tell(presence(userId, 'online'));
      signals.tell(typing);
      signals.tell(receipt(userId, 1));
      clock.advance(1_000);
    }
    signals.close();
    expect(clock.timers).toBe(0);
    expect((await told()).length).toBeLessThanOrEqual(200 / 64 + 1);
  });

  test('of one’s own cursors, what this stream has not said itself', async () => {
    signals.noteOwn(7, { deliveredSeq: 5 });
    signals.noteOwn(7, { readSeq: 3 });
    expect(await ownTold(receipt(ME, 5, 3))).toEqual([]);
    expect(await ownTold(receipt(ME, 5, 4))).toMatchObject([{ deliveredSeq: 5, readSeq: 4 }]);
    expect(await ownTold(receipt(ME, 5, 4))).toEqual([]);
    expect(await ownTold(receipt(ME, 1, 1, 8))).toMatchObject([{ conversationId: 8 }]);
    expect(await ownTold(receipt(BOB, 5, 3))).toMatchObject([{ userId: BOB }]);
  });

  test('what it said itself is remembered of so many conversations', async () => {
    for (let conversationId = 1; conversationId <= 1_001; conversationId += 1) {
      signals.noteOwn(conversationId, { readSeq: 1 });
    }
    expect(await ownTold(receipt(ME, 0, 1, 1_001))).toEqual([]);
    expect(await ownTold(receipt(ME, 0, 1, 1))).toHaveLength(1);
  });
});
