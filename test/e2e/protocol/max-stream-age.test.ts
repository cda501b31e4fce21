import { once } from 'node:events';

import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { type Message, ParleyClient } from '../../../clients/node/index.ts';
import { GoAwayReason } from '../../../proto/gen/parley/v1/chat.pb.ts';
import { ENGINES, startServer } from '../../cluster/start-server.ts';
import { ManualClock } from '../../domain/manual-clock.ts';
import { numbered, send, textMessage, toUser } from './frames.ts';
import type { RawUser } from './raw-user.ts';
import { Stage } from './stage.ts';

const AGE_MS = 60_000;
/** Up to a tenth earlier or later, seen by a tick of a second. */
const EARLIEST_MS = 53_000;
const LATEST_MS = 67_000;

describe.each(ENGINES)('a stream that is old, on %s', (engine) => {
  let clock: ManualClock;
  let stage: Stage;
  let ann: RawUser;
  let bob: RawUser;

  beforeEach(async () => {
    clock = new ManualClock();
    // Nothing else is to end a stream while time is made to fly.
    const environment = {
      PARLEY_MAX_STREAM_AGE_SECONDS: String(AGE_MS / 1_000),
      PARLEY_HEARTBEAT_MS: '300000',
      PARLEY_SLOW_CONSUMER_MS: '600000',
    };
    stage = new Stage(await startServer({ engine, environment, overrides: { clock } }));
    [ann, bob] = await stage.users('ann', 'bob');
  });
  afterEach(() => stage.close());

  test('is asked to come back, after the results of what it sent', async () => {
    const chat = await ann.connect();
    clock.advance(EARLIEST_MS);
    await chat.settled();
    expect(chat.waiting).toEqual([]);
    chat.send(send(...numbered('late', 3).map((text) => textMessage(toUser(bob.id), text))));
    await chat.settled();
    clock.advance(LATEST_MS - EARLIEST_MS);
    const reason = GoAwayReason.GO_AWAY_REASON_MAX_AGE;
    const goAway = await chat.next('goAway');
    expect(goAway).toMatchObject({ reason, reconnect: true });
    expect(goAway.reconnectAfter?.seconds).toBe(0n);
    expect(await chat.status()).toMatchObject({ code: status.UNAVAILABLE, reason: 'DRAINING' });
    expect((await chat.results(3)).map(({ outcome }) => outcome?.$case)).toEqual(['receipt', 'receipt', 'receipt']);
  });

  test('comes back by itself with the SDK, which loses nothing and tells nothing twice', async () => {
    const caughtUp = (client: ParleyClient) => once(client, 'caught-up');
    const clients = await Promise.all(
      [ann, bob].map(async ({ token }) => {
        const client = await ParleyClient.connect({ address: stage.address, token });
        await caughtUp(client);
        return client;
      }),
    );
    try {
      const [sender, reader] = clients as [ParleyClient, ParleyClient];
      const messages = reader.messages();
      const seqs: number[] = [];
      for (let round = 0; round < 3; round += 1) {
        const back = Promise.all(clients.map(caughtUp));
        const asked = Promise.all(clients.map((client) => once(client, 'go-away')));
        const sent = Promise.all(numbered('m', 5).map((text) => sender.send({ userId: Number(bob.id) }, { text })));
        clock.advance(LATEST_MS);
        for (const notice of await asked) expect(notice).toMatchObject([{ reason: 'max-age', reconnect: true }]);
        await sent;
        await back;
        while (seqs.length < 5 * (round + 1)) seqs.push(((await messages.next()).value as Message).seq);
      }
      expect(seqs).toEqual(Array.from({ length: 15 }, (_, index) => index + 1));
    } finally {
      await Promise.all(clients.map((client) => client.close()));
    }
  });
});
