import { afterAll, beforeAll, describe, test } from '@jest/globals';

import { ENGINES } from '../cluster/start-server.ts';
import { Arena } from './arena.ts';
import { runPlays } from './run-plays.ts';
import { AT_ONCE } from './scale.ts';

describe.each(ENGINES)('on %s', (engine) => {
  let arena: Arena;
  beforeAll(async () => {
    arena = await Arena.open(engine);
  });
  afterAll(() => arena[Symbol.asyncDispose]());

  test('whatever several do at once, what they see can be explained', async () => {
    await runPlays(arena, AT_ONCE);
  }, 600_000);
});
