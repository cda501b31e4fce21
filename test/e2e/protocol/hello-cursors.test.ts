import { status } from '@grpc/grpc-js';
import { beforeEach, describe, expect, test } from '@jest/globals';

import type { Position } from '../../../proto/gen/parley/v1/chat.pb.ts';
import { ENGINES } from '../../cluster/start-server.ts';
import { ack, hello, HELLO_DONE, helloCursors, numbered, type ResponseFrame, textOf, toUser } from './frames.ts';
import type { RawUser } from './raw-user.ts';
import { useStage } from './stage.ts';

const COUNT = 10;

describe.each(ENGINES)('cursors that a client kept, on %s', (engine) => {
  const stage = useStage(engine);
  let ann: RawUser;
  let bob: RawUser;
  let conversationId: bigint;
  let logEpoch: string;

  /** Ann has written ten messages to Bob, of which the server thinks that he has four. */
  beforeEach(async () => {
    [ann, bob] = await stage().users('ann', 'bob');
    const annChat = await ann.connect();
    for (const text of numbered('m', COUNT)) ({ conversationId } = await annChat.say(toUser(bob.id), text));
    const first = await bob.resume();
    logEpoch = first.logEpoch;
    first.chat.send(ack({ conversationId, seq: 4n }));
    await first.chat.finish();
  });

  async function resumed(...positions: Position[]): Promise<ResponseFrame[]> {
    return (await bob.resume({ logEpoch, positions })).waited;
  }

  test.each([0n, 1n, 4n, 7n, 9n])('delivery goes on exactly after seq %s', async (seq) => {
    const waited = await resumed({ conversationId, seq });
    expect(told(waited)).toEqual(numbered('m', COUNT).slice(Number(seq)));
  });

  test('at the end of the log nothing waits, and what is new comes', async () => {
    const { chat, waited } = await bob.resume({ logEpoch, positions: [{ conversationId, seq: 10n }] });
    expect(waited).toEqual([]);
    await (await ann.connect()).say(toUser(bob.id), 'new');
    expect((await chat.entries(1)).map(({ seq }) => seq)).toEqual([11n]);
  });

  test('a cursor may be acknowledged at once: the client has said that it has as much', async () => {
    const { chat } = await bob.resume({ logEpoch, positions: [{ conversationId, seq: 10n }] });
    chat.send(ack({ conversationId, seq: 10n }));
    await chat.finish();
    expect(chat.waiting).toEqual([]);
    expect((await bob.resume()).waited).toEqual([]);
  });

  test('a conversation that no page lists goes on from the server cursor', async () => {
    expect(told(await resumed())).toEqual(numbered('m', COUNT).slice(4));
  });

  test('pages add up, and the last word on a conversation counts', async () => {
    const carol = await stage().user('carol');
    const other = await (await carol.connect()).say(toUser(bob.id), 'from carol');
    const chat = bob.open();
    chat.send(
      hello({ hasCursors: true, logEpoch }),
      helloCursors({ conversationId, seq: 2n }),
      helloCursors(),
      helloCursors({ conversationId: other.conversationId, seq: 1n }, { conversationId, seq: 8n }),
    );
    await chat.next('welcome');
    chat.send(HELLO_DONE);
    const waited = await chat.until('caughtUp');
    expect(told(waited.slice(0, -1))).toEqual(['m 9', 'm 10']);
  });

  test('one that is beyond the end is reset to the server cursor', async () => {
    const waited = await resumed({ conversationId, seq: 11n });
    expect(waited[0]).toEqual({ $case: 'reset', value: { conversationId, seq: 4n } });
    expect(told(waited.slice(1))).toEqual(numbered('m', COUNT).slice(4));
  });

  test('one of another epoch is reset, wherever it points', async () => {
    const { waited } = await bob.resume({ logEpoch: `not-${logEpoch}`, positions: [{ conversationId, seq: 7n }] });
    expect(waited[0]).toEqual({ $case: 'reset', value: { conversationId, seq: 4n } });
    expect(told(waited.slice(1))).toEqual(numbered('m', COUNT).slice(4));
  });

  test('one of a conversation that is not there, or not theirs, is passed over', async () => {
    const [carol, dave] = await stage().users('carol', 'dave');
    const foreign = await (await carol.connect()).say(toUser(dave.id), 'not for bob');
    const waited = await resumed(
      { conversationId: foreign.conversationId, seq: 0n },
      { conversationId: 9_007_199_254_740_991n, seq: 5n },
      { conversationId, seq: 9n },
    );
    expect(told(waited)).toEqual(['m 10']);
  });

  test.each([
    ['an id that is negative', [{ conversationId: -1n, seq: 1n }]],
    ['an id of 0', [{ conversationId: 0n, seq: 1n }]],
    ['an id of 2^53', [{ conversationId: 2n ** 53n, seq: 1n }]],
    ['a seq that is negative', [{ conversationId: 1n, seq: -1n }]],
    ['a seq of 2^53', [{ conversationId: 1n, seq: 2n ** 53n }]],
    ['1,001 positions', Array.from({ length: 1_001 }, () => ({ conversationId: 1n, seq: 1n }))],
  ])('a page with %s ends the stream', async (_, positions) => {
    const chat = bob.open();
    chat.send(hello({ hasCursors: true, logEpoch }), helloCursors(...positions), HELLO_DONE);
    expect(await chat.status()).toMatchObject({
      code: status.INVALID_ARGUMENT,
      reason: 'INVALID_FIELD',
      fields: [expect.stringContaining('hello_cursors.positions')],
    });
  });
});

/** The texts of frames that may hold nothing but deliveries. */
function told(frames: readonly ResponseFrame[]): string[] {
  return frames.flatMap((frame) => {
    if (frame.$case !== 'deliver') throw new Error(`a ${frame.$case} where deliveries were expected`);
    return frame.value.messages.map(textOf);
  });
}
