import { status } from '@grpc/grpc-js';
import { beforeEach, describe, expect, test } from '@jest/globals';

import { ENGINES } from '../../cluster/start-server.ts';
import { ping, send, textMessage, toUser } from './frames.ts';
import type { RawChat } from './raw-chat.ts';
import type { RawUser } from './raw-user.ts';
import { readStatus } from './rich-status.ts';
import { useStage } from './stage.ts';

describe.each(ENGINES)('a frame that is refused, on %s', (engine) => {
  const stage = useStage(engine);
  let ann: RawUser;
  let chat: RawChat;
  beforeEach(async () => {
    ann = await stage().user('ann');
    chat = await ann.connect();
  });

  async function frameError() {
    const { error, ...rest } = await chat.next('frameError');
    return { ...rest, ...readStatus(error!) };
  }

  test('an empty one', async () => {
    chat.send(undefined, undefined);
    for (const _ of [1, 2]) {
      expect(await frameError()).toMatchObject({
        frame: '',
        code: status.INVALID_ARGUMENT,
        reason: 'INVALID_FIELD',
        fields: ['frame'],
      });
    }
    await chat.settled();
  });

  test('a send of nothing is no error, and has no result', async () => {
    chat.send(send());
    await chat.settled();
    expect(chat.waiting).toEqual([]);
  });

  test.each([0n, 7n, 2n ** 64n - 1n])('ping %s is answered by the same number', async (nonce) => {
    chat.send(ping(nonce));
    expect(await chat.next('pong')).toEqual({ nonce });
  });

  test('one larger than 1 MiB ends the stream with RESOURCE_EXHAUSTED', async () => {
    chat.send(send(textMessage(toUser(1n), 'x'.repeat(1_048_576))));
    expect(await chat.status()).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
  });

  test('one just below 1 MiB does not', async () => {
    chat.send(send(textMessage(toUser(1n), 'x'.repeat(1_048_000))));
    expect(await chat.results(1)).toMatchObject([{ outcome: { $case: 'error' } }]);
    await chat.settled();
  });
});
