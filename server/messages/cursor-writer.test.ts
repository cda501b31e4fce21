import { beforeEach, describe, expect, test } from '@jest/globals';

import { silentEvents } from '../../test/domain/domain.ts';
import { ManualClock } from '../../test/domain/manual-clock.ts';
import { until } from '../../test/domain/until.ts';
import type { CursorAdvance } from '../store/seam/records.ts';
import { StoreUnavailable } from '../store/seam/failures.ts';
import type { Store } from '../store/seam/store.ts';
import { CursorWriter } from './cursor-writer.ts';

const AT = { userId: 1, conversationId: 7 };

describe('the cursor writer', () => {
  let clock: ManualClock;
  let batches: CursorAdvance[][];
  let failures: number;
  let writer: CursorWriter;

  beforeEach(() => {
    clock = new ManualClock();
    batches = [];
    failures = 0;
    const advance = async (advances: readonly CursorAdvance[]) => {
      failures -= 1;
      if (failures >= 0) throw new StoreUnavailable('down');
      batches.push([...advances]);
    };
    const store = { cursors: { advance, get: async () => undefined } } as unknown as Store;
    writer = new CursorWriter({ store, clock, events: silentEvents });
  });

  test('writes many notes of one cursor as one, within half a second', async () => {
    for (const seq of [1, 5, 3]) writer.note({ ...AT, deliveredSeq: seq });
    for (const seq of [2, 1]) writer.note({ ...AT, readSeq: seq });
    writer.note({ userId: 2, conversationId: 7, deliveredSeq: 1 });
    clock.advance(499);
    expect(batches).toEqual([]);
    clock.advance(1);
    await until(() => batches.length > 0);
    expect(batches).toEqual([
      [
        { ...AT, deliveredSeq: 5, readSeq: 2 },
        { userId: 2, conversationId: 7, deliveredSeq: 1 },
      ],
    ]);
    expect(clock.timers).toBe(0);
  });

  test('forgets what waits and what is being written, when the log is another one', async () => {
    failures = 1;
    writer.note({ ...AT, deliveredSeq: 5 });
    const failing = writer.flush();
    writer.note({ ...AT, readSeq: 5 });
    writer.forgetAll();
    await expect(failing).rejects.toThrow('down');
    expect(clock.timers).toBe(0);
    await writer.flush();
    expect(batches).toEqual([]);
  });

  test('makes one of notes of different kinds, in whatever order they come', async () => {
    const notes: CursorAdvance[] = [
      { ...AT, deliveredSeq: 5 },
      { ...AT, readSeq: 3 },
      { ...AT, own: { from: 6, to: 6 } },
    ];
    for (const [first, second, third] of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 2, 0],
    ]) {
      for (const index of [first, second, third]) writer.note(notes[index ?? 0] ?? AT);
      await writer.flush();
    }
    const all = { ...AT, deliveredSeq: 5, readSeq: 3, own: { from: 6, to: 6 } };
    expect(batches).toEqual([[all], [all], [all]]);
  });

  test('joins runs of own sends that follow on, and keeps the later of two that don’t', async () => {
    writer.note({ ...AT, own: { from: 3, to: 3 } });
    writer.note({ ...AT, own: { from: 4, to: 4 } });
    await writer.flush();
    writer.note({ ...AT, own: { from: 5, to: 5 } });
    writer.note({ ...AT, own: { from: 9, to: 9 } });
    await writer.flush();
    expect(batches.map(([advance]) => advance?.own)).toEqual([
      { from: 3, to: 4 },
      { from: 9, to: 9 },
    ]);
  });

  test.each([
    [
      [3, 4],
      [5, 5],
      [3, 5],
    ],
    [
      [5, 5],
      [3, 4],
      [3, 5],
    ],
    [
      [3, 4],
      [3, 3],
      [3, 4],
    ],
    [
      [3, 5],
      [4, 9],
      [3, 9],
    ],
    [
      [9, 9],
      [3, 4],
      [9, 9],
    ],
  ])('of the own sends %j and then %j it writes %j', async (first, second, written) => {
    const run = ([from = 0, to = 0]: number[]) => ({ ...AT, own: { from, to } });
    writer.note(run(first));
    writer.note(run(second));
    await writer.flush();
    expect(batches[0]?.[0]?.own).toEqual(run(written).own);
  });

  test('joins runs too where the first comes back from a failed write', async () => {
    failures = 1;
    writer.note({ ...AT, own: { from: 3, to: 4 } });
    const failing = writer.flush();
    writer.note({ ...AT, own: { from: 5, to: 5 } });
    await expect(failing).rejects.toThrow(StoreUnavailable);
    await writer.flush();
    expect(batches[0]?.[0]?.own).toEqual({ from: 3, to: 5 });
  });

  test('forgets nothing when the store fails, and tries again', async () => {
    failures = 2;
    writer.note({ ...AT, deliveredSeq: 4 });
    await expect(writer.flush()).rejects.toThrow(StoreUnavailable);
    writer.note({ ...AT, deliveredSeq: 6 });
    clock.advance(1_000);
    await until(() => failures === 0 && clock.timers > 0);
    expect(batches).toEqual([]);
    clock.advance(1_000);
    await until(() => batches.length > 0);
    expect(batches).toEqual([[{ ...AT, deliveredSeq: 6, readSeq: 0 }]]);
  });

  test('a flush during a write waits for it, and writes what came meanwhile', async () => {
    writer.note({ ...AT, deliveredSeq: 1 });
    const first = writer.flush();
    writer.note({ ...AT, deliveredSeq: 2 });
    await writer.flush();
    await first;
    expect(batches.map(([advance]) => advance?.deliveredSeq)).toEqual([1, 2]);
  });

  test('disposing writes the rest and leaves no timer', async () => {
    writer.note({ ...AT, deliveredSeq: 1 });
    await writer[Symbol.asyncDispose]();
    expect(batches).toHaveLength(1);
    expect(clock.timers).toBe(0);
    await writer.flush();
    expect(batches).toHaveLength(1);
  });

  test('disposing while the store is down ends too, and leaves no timer', async () => {
    failures = 3;
    writer.note({ ...AT, deliveredSeq: 1 });
    clock.advance(500);
    await writer[Symbol.asyncDispose]();
    expect(clock.timers).toBe(0);
    expect(batches).toEqual([]);
  });
});
