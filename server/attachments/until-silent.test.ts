import { describe, expect, test } from '@jest/globals';

import { ManualClock } from '../../test/domain/manual-clock.ts';
import { untilSilent } from './until-silent.ts';

describe('a source that is listened to until it is silent', () => {
  test('gives all that it has, and its failure', async () => {
    const clock = new ManualClock();
    async function* source() {
      yield 1;
      yield 2;
      throw new Error('broken');
    }
    const given: number[] = [];
    const read = async () => {
      for await (const item of untilSilent(source(), clock, 100)) given.push(item);
    };
    await expect(read()).rejects.toThrow('broken');
    expect(given).toEqual([1, 2]);
    expect(clock.timers).toBe(0);
  });

  test('has ended once it gave nothing for so long; how long its items take to be used does not count', async () => {
    const clock = new ManualClock();
    const never = Promise.withResolvers<never>();
    async function* source() {
      yield 'one';
      await never.promise;
    }
    const items = untilSilent(source(), clock, 100);
    expect(await items.next()).toEqual({ done: false, value: 'one' });
    clock.advance(1_000);
    const next = items.next();
    clock.advance(99);
    clock.advance(1);
    expect(await next).toEqual({ done: true, value: undefined });
    expect(clock.timers).toBe(0);
  });
});
