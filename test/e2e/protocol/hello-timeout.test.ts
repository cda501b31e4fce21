import { setImmediate } from 'node:timers/promises';

import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { ENGINES, startServer } from '../../cluster/start-server.ts';
import { ManualClock } from '../../domain/manual-clock.ts';
import { hello, HELLO_DONE } from './frames.ts';
import type { RawUser } from './raw-user.ts';
import { Stage } from './stage.ts';

const TIMEOUT_MS = 10_000;
const TICK_MS = 1_000;
const TIMED_OUT = { code: status.DEADLINE_EXCEEDED, reason: 'HELLO_TIMEOUT' };

describe.each(ENGINES)('the time for hello, on %s', (engine) => {
  let clock: ManualClock;
  let stage: Stage;
  let ann: RawUser;

  beforeEach(async () => {
    clock = new ManualClock();
    stage = new Stage(await startServer({ engine, overrides: { clock } }));
    ann = await stage.user('ann');
  });
  afterEach(() => stage.close());

  test('a stream that says nothing is ended', async () => {
    const chat = ann.open();
    let over = false;
    void chat.ended.then(() => (over = true));
    // It can't tell from when on the server knows it, so time goes on until it is over.
    while (!over) {
      clock.advance(TICK_MS);
      await setImmediate();
    }
    expect(await chat.status()).toMatchObject(TIMED_OUT);
  });

  test('one that does not come to hello_done is ended after 10 s, and not before', async () => {
    const chat = ann.open();
    chat.send(hello({ hasCursors: true, logEpoch: 'any' }));
    await chat.next('welcome');
    clock.advance(TIMEOUT_MS);
    chat.send(HELLO_DONE);
    await chat.next('caughtUp');

    const late = ann.open();
    late.send(hello({ hasCursors: true, logEpoch: 'any' }));
    await late.next('welcome');
    clock.advance(TIMEOUT_MS + TICK_MS);
    expect(await late.status()).toMatchObject(TIMED_OUT);
  });

  test('one that has said hello is not', async () => {
    const chat = await ann.connect();
    for (let passedMs = 0; passedMs <= TIMEOUT_MS; passedMs += TICK_MS) {
      clock.advance(TICK_MS);
      await chat.settled();
    }
  });
});
