import { describe, expect, test } from '@jest/globals';

import { systemClock } from '../lib/clock.ts';
import { deadline, within } from './deadline.ts';

describe('a deadline', () => {
  test('expires', async () => {
    await new Promise<void>((resolve) => deadline(systemClock, 1, resolve));
  });

  test('that was called off does not, not even between its time and its turn', async () => {
    let expired = 0;
    let cancel = () => undefined as void;
    await new Promise<void>((resolve) => {
      systemClock.after(1, () => {
        // Both timers are due now; this one runs first.
        cancel();
        setImmediate(() => setImmediate(resolve));
      });
      cancel = deadline(systemClock, 1, () => (expired += 1));
      deadline(systemClock, 1, () => (expired += 1))();
    });
    expect(expired).toBe(0);
  });

  test('lets pass what had arrived before a held-up process could look', async () => {
    const work = new Promise<string>((resolve) => setTimeout(() => setImmediate(() => resolve('in time')), 1));
    const result = within(systemClock, 2, work, 'the work');
    const heldUpUntil = performance.now() + 20;
    while (performance.now() < heldUpUntil);
    expect(await result).toBe('in time');
  });

  test('tells what took too long', async () => {
    const never = new Promise(() => undefined);
    await expect(within(systemClock, 1, never, 'waiting')).rejects.toThrow('waiting took longer than 1 ms');
  });
});
