import { beforeEach, describe, expect, test } from '@jest/globals';

import { ManualClock } from '../../test/domain/manual-clock.ts';
import type { UserCursor } from '../store/seam/cursors.ts';
import { Outbox } from './outbox.ts';
import { ReceiptBuffer } from './receipt-buffer.ts';

const AT_ONCE_MS = 20;

const cursor = (userId: number, deliveredSeq: number, readSeq = 0, conversationId = 1): UserCursor => ({
  userId,
  conversationId,
  deliveredSeq,
  readSeq,
});

describe('the receipts of one stream', () => {
  let clock: ManualClock;
  let outbox: Outbox;
  let buffer: ReceiptBuffer;

  beforeEach(() => {
    clock = new ManualClock();
    outbox = new Outbox({ maxBytes: 1_000, maxFrameBytes: 1_000 });
    buffer = new ReceiptBuffer(outbox, clock);
  });

  /** What was framed so far. */
  async function frames(): Promise<UserCursor[][]> {
    const all: UserCursor[][] = [];
    while (!outbox.empty) {
      const frame = await outbox.next();
      if (frame?.type === 'receipts') all.push([...frame.cursors]);
    }
    return all;
  }

  test('come at once after a silence, what came together in one frame', async () => {
    buffer.add(cursor(1, 4));
    buffer.add(cursor(2, 3));
    buffer.add(cursor(1, 4, 0, 9));
    clock.advance(AT_ONCE_MS);
    expect(await frames()).toEqual([[cursor(1, 4), cursor(2, 3), cursor(1, 4, 0, 9)]]);
    expect(clock.timers).toBe(0);
  });

  test('come at most once a second, the furthest of each user and conversation', async () => {
    buffer.add(cursor(1, 1));
    clock.advance(AT_ONCE_MS);
    for (const [delivered, read] of [
      [3, 1],
      [5, 0],
      [4, 2],
    ] as const) {
      buffer.add(cursor(1, delivered, read));
      clock.advance(300);
    }
    expect(await frames()).toEqual([[cursor(1, 1)]]);
    clock.advance(99);
    expect(outbox.empty).toBe(true);
    clock.advance(1);
    expect(await frames()).toEqual([[cursor(1, 5, 2)]]);
    clock.advance(10_000);
    buffer.add(cursor(1, 6, 2));
    clock.advance(AT_ONCE_MS);
    expect(await frames()).toEqual([[cursor(1, 6, 2)]]);
  });

  test('wait where the outbox has no room, and become one', async () => {
    outbox.pushResult({ ok: false, clientMessageId: 'x'.repeat(1_000), error: undefined as never });
    buffer.add(cursor(1, 1));
    clock.advance(5_000);
    buffer.add(cursor(1, 2));
    clock.advance(5_000);
    expect(await frames()).toEqual([]);
    clock.advance(1_000);
    expect(await frames()).toEqual([[cursor(1, 2)]]);
  });

  test('are bounded: the oldest are dropped', async () => {
    for (let userId = 1; userId <= 1_001; userId += 1) buffer.add(cursor(userId, 1));
    buffer.add(cursor(2, 2));
    clock.advance(AT_ONCE_MS);
    const [frame] = await frames();
    expect(frame).toHaveLength(1_000);
    expect(frame![0]).toEqual(cursor(3, 1));
    expect(frame!.at(-1)).toEqual(cursor(2, 2));
  });

  test('count for what they take', async () => {
    for (let userId = 1; userId <= 100; userId += 1) buffer.add(cursor(userId, 1));
    clock.advance(AT_ONCE_MS);
    expect(outbox.full).toBe(true);
  });

  test('end with the stream, timer and all', async () => {
    buffer.add(cursor(1, 1));
    buffer.close();
    expect(clock.timers).toBe(0);
    clock.advance(5_000);
    expect(outbox.empty).toBe(true);
  });
});
