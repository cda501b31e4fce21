import { beforeEach, describe, expect, test } from '@jest/globals';

import { ManualClock } from '../../test/domain/manual-clock.ts';
import type { Target } from '../store/seam/records.ts';
import { TypingThrottle } from './typing-throttle.ts';

const user = (userId: number): Target => ({ kind: 'user', userId });
const BOB = user(2);

describe('which typing frames are told', () => {
  let clock: ManualClock;
  let throttle: TypingThrottle;

  beforeEach(() => {
    clock = new ManualClock();
    throttle = new TypingThrottle(clock);
  });

  test('that it goes on, every 2.5 s at most', () => {
    const told: number[] = [];
    for (let atMs = 0; atMs <= 9_000; atMs += 500) {
      if (throttle.admits(BOB, false)) told.push(atMs);
      clock.advance(500);
    }
    expect(told).toEqual([0, 2_500, 5_000, 7_500]);
  });

  test('that it has stopped, once, and only where it was told that it began', () => {
    expect(throttle.admits(BOB, true)).toBe(false);
    expect(throttle.admits(BOB, false)).toBe(true);
    expect([throttle.admits(BOB, true), throttle.admits(BOB, true)]).toEqual([true, false]);
    // Begun and stopped without end is a flood as well.
    expect(throttle.admits(BOB, false)).toBe(false);
    expect(throttle.admits(BOB, true)).toBe(false);
    clock.advance(2_500);
    expect([throttle.admits(BOB, false), throttle.admits(BOB, true)]).toEqual([true, true]);
  });

  test('of each conversation by itself: a user and a group of one id are two', () => {
    expect(throttle.admits(user(2), false)).toBe(true);
    expect(throttle.admits({ kind: 'group', groupId: 2 }, false)).toBe(true);
    expect(throttle.admits(user(3), false)).toBe(true);
  });

  test('of all together, five a second', () => {
    let admitted = 0;
    for (let n = 0; n < 1_000; n += 1) {
      if (throttle.admits(user(n + 1), false)) admitted += 1;
      clock.advance(10);
    }
    expect(admitted).toBeGreaterThanOrEqual(50);
    expect(admitted).toBeLessThanOrEqual(55);
  });

  test('what is dropped for the flood does not count as told', () => {
    for (let n = 0; n < 5; n += 1) expect(throttle.admits(user(n + 10), false)).toBe(true);
    expect(throttle.admits(user(10), true)).toBe(false);
    clock.advance(1_000);
    expect(throttle.admits(user(10), true)).toBe(true);
  });
});
