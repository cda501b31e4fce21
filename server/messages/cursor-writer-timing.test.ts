import { beforeEach, describe, expect, test } from '@jest/globals';

import { silentEvents } from '../../test/domain/domain.ts';
import { ManualClock } from '../../test/domain/manual-clock.ts';
import { until } from '../../test/domain/until.ts';
import type { CursorAdvance } from '../store/seam/records.ts';
import { StoreUnavailable } from '../store/seam/failures.ts';
import type { Store } from '../store/seam/store.ts';
import { CursorWriter } from './cursor-writer.ts';

const AT = { userId: 1, conversationId: 7 };
const CAPACITY = 200_000;

/** Writes that end when the test says so. */
interface Write {
  readonly advances: readonly CursorAdvance[];
  readonly end: (error?: Error) => void;
}

describe('the cursor writer', () => {
  let clock: ManualClock;
  let writes: Write[];
  let writer: CursorWriter;

  beforeEach(() => {
    clock = new ManualClock();
    writes = [];
    const advance = (advances: readonly CursorAdvance[]) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      writes.push({ advances, end: (error) => (error === undefined ? resolve() : reject(error)) });
      return promise;
    };
    const store = { cursors: { advance } } as unknown as Store;
    writer = new CursorWriter({ store, clock, events: silentEvents });
  });

  const seqs = () => writes.map(({ advances }) => advances.map(({ deliveredSeq }) => deliveredSeq));
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

  test('is not put off by notes that keep coming', () => {
    for (let seq = 1; seq <= 5; seq += 1) {
      writer.note({ ...AT, deliveredSeq: seq });
      clock.advance(100);
    }
    expect(seqs()).toEqual([[5]]);
  });

  test('writes one batch at a time, whoever asks for it', async () => {
    writer.note({ ...AT, deliveredSeq: 1 });
    const first = writer.flush();
    writer.note({ ...AT, deliveredSeq: 2 });
    const others = [writer.flush(), writer.flush()];
    clock.advance(500);
    await turn();
    expect(seqs()).toEqual([[1]]);
    writes[0]?.end();
    await first;
    await until(() => writes.length === 2);
    writes[1]?.end();
    await Promise.all(others);
    expect(seqs()).toEqual([[1], [2]]);
    expect(clock.timers).toBe(0);
  });

  test('a flush is over only when what was noted before it is written', async () => {
    let flushed = false;
    writer.note({ ...AT, deliveredSeq: 1 });
    const flush = writer.flush().then(() => (flushed = true));
    await turn();
    expect(flushed).toBe(false);
    writes[0]?.end();
    await flush;
  });

  test('tries again a second after a failure, not sooner', async () => {
    writer.note({ ...AT, deliveredSeq: 1 });
    clock.advance(500);
    writes[0]?.end(new StoreUnavailable('down'));
    await turn();
    writer.note({ ...AT, deliveredSeq: 2 });
    clock.advance(999);
    expect(seqs()).toEqual([[1]]);
    clock.advance(1);
    expect(seqs()).toEqual([[1], [2]]);
  });

  test('sets no timer after its end, neither for a failed write nor for a late note', async () => {
    writer.note({ ...AT, deliveredSeq: 1 });
    const disposed = writer[Symbol.asyncDispose]();
    writes[0]?.end(new StoreUnavailable('down'));
    await disposed;
    expect(clock.timers).toBe(0);
    writer.note({ ...AT, deliveredSeq: 2 });
    expect(clock.timers).toBe(0);
  });

  test('holds so many cursors at most; those that it holds still move', async () => {
    for (let n = 1; n <= CAPACITY + 1; n += 1) writer.note({ userId: n, conversationId: 7, deliveredSeq: 1 });
    writer.note({ userId: 1, conversationId: 7, deliveredSeq: 2 });
    const flush = writer.flush();
    const advances = writes[0]?.advances ?? [];
    expect(advances).toHaveLength(CAPACITY);
    expect(advances[0]).toMatchObject({ userId: 1, deliveredSeq: 2 });
    expect(advances.at(-1)?.userId).toBe(CAPACITY);
    writes[0]?.end();
    await flush;
  });
});
