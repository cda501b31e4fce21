import { describe, expect, test } from '@jest/globals';
import { LoopShare } from './loop-share.ts';

/** What a read does that runs inside its call. */
async function busy(ms: number): Promise<void> {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

/** Counts the turns of the event loop while `work` runs. */
async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  let done = false;
  const count = (): void => {
    turns += 1;
    if (!done) setImmediate(count);
  };
  setImmediate(count);
  await work();
  done = true;
  return turns;
}

describe('reads that run inside their call', () => {
  test('give the loop to others after each slice', async () => {
    const share = new LoopShare();
    const turns = await turnsDuring(async () => {
      for (let read = 0; read < 10; read += 1) await share.run(() => busy(2));
    });
    // Before each but the first.
    expect(turns).toBeGreaterThanOrEqual(9 * 4);
  });

  test('go on at once while a slice lasts', async () => {
    const share = new LoopShare();
    const turns = await turnsDuring(async () => {
      for (let read = 0; read < 10; read += 1) await share.run(() => Promise.resolve());
    });
    expect(turns).toBe(0);
  });

  test('all of those that are asked for at once wait for the slice, in their order', async () => {
    const share = new LoopShare();
    const order: number[] = [];
    const turns = await turnsDuring(() =>
      Promise.all(
        [1, 2, 3].map((number) =>
          share.run(async () => {
            order.push(number);
            await busy(2);
          }),
        ),
      ),
    );
    expect(order).toEqual([1, 2, 3]);
    expect(turns).toBeGreaterThanOrEqual(2 * 4);
  });

  test('one that fails stops nobody, and its time counts', async () => {
    const share = new LoopShare();
    const failure = new Error('no');
    const failed = share.run(async () => {
      await busy(2);
      throw failure;
    });
    await expect(failed).rejects.toBe(failure);
    expect(await turnsDuring(() => share.run(() => Promise.resolve()))).toBeGreaterThanOrEqual(4);
  });
});
