import { describe, expect, test } from '@jest/globals';

import { Arena } from './arena.ts';
import { steps } from './commands/steps.ts';
import { FAULTS } from './faults.ts';
import { runPlays } from './run-plays.ts';
import { runSteps } from './run-steps.ts';
import { AT_ONCE, BY_ONE } from './scale.ts';

/** Any other finds them as well; this one always. */
const SEED = 1;

/** What doesn't come is expected here. */
const PATIENCE_MS = 300;

test('a server that keeps its promises passes with the same seed', async () => {
  await using arena = await Arena.open('sqlite');
  await runSteps(arena, steps, { ...BY_ONE, seed: SEED });
  await runPlays(arena, { ...AT_ONCE, seed: SEED });
}, 60_000);

describe('a server that', () => {
  const byOne = FAULTS.filter(({ showsByOne }) => showsByOne);
  test.each(byOne)(
    '$does is found by the model',
    async ({ spoil }) => {
      await using arena = await Arena.open('sqlite', { spoil, patienceMs: PATIENCE_MS });
      // The server is other than the model: it is not the test that fails.
      const difference = { cause: { matcherResult: { pass: false } } };
      await expect(runSteps(arena, steps, { ...BY_ONE, seed: SEED })).rejects.toMatchObject(difference);
    },
    60_000,
  );

  const atOnce = FAULTS.filter(({ breaks }) => breaks !== null);
  test.each(atOnce)(
    '$does is found by what several see at once',
    async ({ spoil, breaks }) => {
      await using arena = await Arena.open('sqlite', { spoil, patienceMs: PATIENCE_MS });
      await expect(runPlays(arena, { ...AT_ONCE, seed: SEED })).rejects.toThrow(new RegExp(`^${breaks}: `, 'm'));
    },
    60_000,
  );
});
