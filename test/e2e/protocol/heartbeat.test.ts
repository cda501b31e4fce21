import { status } from '@grpc/grpc-js';
import { beforeEach, describe, expect, test } from '@jest/globals';

import { ENGINES } from '../../cluster/start-server.ts';
import { hello, toUser } from './frames.ts';
import type { RawUser } from './raw-user.ts';
import { useStage } from './stage.ts';

const HEARTBEAT_MS = 1_000;
const MISSES = 3;
/** The server looks once a second. */
const LATE_MS = 3_000;
const SETTINGS = { PARLEY_HEARTBEAT_MS: String(HEARTBEAT_MS), PARLEY_HEARTBEAT_MISSES: String(MISSES) };

describe.each(ENGINES)('heartbeats, on %s', (engine) => {
  const stage = useStage(engine, SETTINGS);
  let ann: RawUser;
  beforeEach(async () => {
    ann = await stage().user('ann');
  });

  test('the welcome says what was set', async () => {
    const chat = ann.open();
    chat.send(hello());
    expect(await chat.next('welcome')).toMatchObject({
      heartbeatInterval: { seconds: 1n, nanos: 0 },
      heartbeatMisses: MISSES,
    });
  });

  test('a silent client is ended, and the server is heard until then', async () => {
    const chat = await ann.connect();
    const begun = performance.now();
    expect(await chat.next('pong')).toEqual({ nonce: 0n });
    const beatAfterMs = performance.now() - begun;
    expect(beatAfterMs).toBeLessThan(HEARTBEAT_MS + LATE_MS);
    expect(await chat.status()).toMatchObject({ code: status.DEADLINE_EXCEEDED, reason: 'HEARTBEAT_TIMEOUT' });
    const endedAfterMs = performance.now() - begun;
    expect(endedAfterMs).toBeGreaterThan(HEARTBEAT_MS * MISSES - 100);
    expect(endedAfterMs).toBeLessThan(HEARTBEAT_MS * MISSES + LATE_MS);
  });

  test('whatever the client says counts as life, and it alone', async () => {
    const bob = await stage().user('bob');
    const [chat, bobChat] = [await ann.connect(), await bob.connect()];
    // Bob only listens; that he is written to does not keep him.
    let bobIsThere = true;
    void bobChat.ended.then(() => (bobIsThere = false));
    while (bobIsThere) {
      await chat.say(toUser(bob.id), 'still here');
      await chat.next('pong');
    }
    await chat.settled();
    expect(await bobChat.status()).toMatchObject({ reason: 'HEARTBEAT_TIMEOUT' });
  });
});
