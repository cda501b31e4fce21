import { beforeEach, expect, test } from '@jest/globals';

import { silentEvents } from '../../test/domain/domain.ts';
import { ManualClock } from '../../test/domain/manual-clock.ts';
import { Passes } from './passes.ts';

let clock: ManualClock;
/** The passes that began, in the hands of the test. */
let begun: PromiseWithResolvers<void>[];
let passes: Passes;

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

beforeEach(() => {
  clock = new ManualClock();
  begun = [];
  const run = () => {
    const pass = Promise.withResolvers<void>();
    begun.push(pass);
    return pass.promise;
  };
  passes = new Passes({ clock, events: silentEvents }, { name: 'looking', run, waitMs: () => 1_000 });
});

async function end(index: number, failure?: Error): Promise<void> {
  if (failure === undefined) begun[index]!.resolve();
  else begun[index]!.reject(failure);
  await settle();
}

test('the first begins at once, the next at their pace', async () => {
  expect(begun).toHaveLength(1);
  await end(0);
  clock.advance(999);
  expect(begun).toHaveLength(1);
  clock.advance(1);
  expect(begun).toHaveLength(2);
});

test('a slow one holds up the next, which then begins after a rest', async () => {
  clock.advance(5_000);
  expect(begun).toHaveLength(1);
  await end(0);
  clock.advance(99);
  expect(begun).toHaveLength(1);
  clock.advance(1);
  expect(begun).toHaveLength(2);
});

test('what a pass took counts towards the pace', async () => {
  clock.advance(400);
  await end(0);
  clock.advance(599);
  expect(begun).toHaveLength(1);
  clock.advance(1);
  expect(begun).toHaveLength(2);
});

test('one that fails is followed by the next', async () => {
  await end(0, new Error('no database'));
  clock.advance(1_000);
  expect(begun).toHaveLength(2);
});

test('soon is now, and puts the next off', async () => {
  await end(0);
  clock.advance(900);
  passes.soon();
  expect(begun).toHaveLength(2);
  await end(1);
  clock.advance(999);
  expect(begun).toHaveLength(2);
  clock.advance(1);
  expect(begun).toHaveLength(3);
});

test('soon, while one is under way, is one more after it, however often it was asked for', async () => {
  passes.soon();
  passes.soon();
  expect(begun).toHaveLength(1);
  await end(0);
  expect(begun).toHaveLength(2);
  await end(1);
  expect(begun).toHaveLength(2);
});

test('the end waits for the one under way, and none begins after it', async () => {
  let ended = false;
  const ending = passes[Symbol.asyncDispose]().then(() => (ended = true));
  passes.soon();
  await settle();
  expect(ended).toBe(false);
  await end(0);
  await ending;
  passes.soon();
  clock.advance(10_000);
  expect(begun).toHaveLength(1);
  expect(clock.timers).toBe(0);
});
