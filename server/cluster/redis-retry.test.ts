import { expect, test } from '@jest/globals';

import { retryDelayMs } from './redis-retry.ts';

test('attempts to connect get rarer, never by more than a second, and differ', () => {
  const delays = (attempt: number) => Array.from({ length: 200 }, () => retryDelayMs(attempt));
  for (const [attempt, longestMs] of [
    [1, 50],
    [2, 100],
    [5, 800],
    [6, 1_000],
    [5_000, 1_000],
  ] as const) {
    expect(Math.max(...delays(attempt))).toBeLessThanOrEqual(longestMs);
    expect(Math.min(...delays(attempt))).toBeGreaterThanOrEqual(longestMs / 2);
    expect(new Set(delays(attempt)).size).toBeGreaterThan(100);
  }
});
