import { afterAll, beforeAll, describe, test } from '@jest/globals';

import { ENGINES } from '../cluster/start-server.ts';
import { Arena } from './arena.ts';
import { steps } from './commands/steps.ts';
import { runSteps } from './run-steps.ts';
import { BY_ONE } from './scale.ts';

describe.each(ENGINES)('on %s', (engine) => {
  let arena: Arena;
  beforeAll(async () => {
    arena = await Arena.open(engine);
  });
  afterAll(() => arena[Symbol.asyncDispose]());

  test('whatever is done, one step after the other, the server does what the model does', async () => {
    await runSteps(arena, steps, BY_ONE);
  }, 600_000);
});
