import { expect, test } from '@jest/globals';

import { jittered } from './jitter.ts';

test.each([
  [0, 900],
  [0.5, 1_000],
  [1, 1_100],
])('a second, at random %d, is %d ms', (random, expected) => {
  expect(jittered(1_000, random)).toBeCloseTo(expected);
});
