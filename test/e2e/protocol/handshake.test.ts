import { status } from '@grpc/grpc-js';
import { beforeAll, describe, expect, test } from '@jest/globals';

import { ENGINES } from '../../cluster/start-server.ts';
import { ack, hello, HELLO_DONE, helloCursors, ping, send, textMessage, toUser } from './frames.ts';
import type { RawUser } from './raw-user.ts';
import { useStage } from './stage.ts';

describe.each(ENGINES)('the handshake, on %s', (engine) => {
  const stage = useStage(engine);
  let ann: RawUser;
  beforeAll(async () => {
    ann = await stage().user('ann');
  });

  test('hello is answered by who one is, the log, the heartbeat and the limits', async () => {
    const before = Date.now();
    const chat = ann.open();
    chat.send(hello());

    const welcome = await chat.next('welcome');
    const { serverTime, ...rest } = welcome;
    expect(rest).toEqual({
      userId: ann.id,
      userName: ann.name,
      sessionId: expect.any(BigInt),
      protocolVersion: 1,
      logEpoch: expect.stringMatching(/.+/),
      heartbeatInterval: { seconds: 10n, nanos: 0 },
      heartbeatMisses: 5,
      limits: {
        maxTextBytes: 8_192,
        maxPayloadBytes: 8_192,
        maxSendBatch: 100,
        maxFrameBytes: 1_048_576,
        maxPositions: 1_000,
      },
    });
    expect(serverTime!.getTime()).toBeGreaterThanOrEqual(before - 1_000);
    expect(serverTime!.getTime()).toBeLessThanOrEqual(Date.now() + 1_000);
    expect(await chat.until('caughtUp')).toEqual([{ $case: 'caughtUp', value: {} }]);
  });

  test('each session has an id of its own, the log one epoch', async () => {
    const [desk, phone] = [ann.open(), (await ann.logIn('phone')).open()];
    for (const chat of [desk, phone]) chat.send(hello());

    const [one, other] = [await desk.next('welcome'), await phone.next('welcome')];
    expect(one.sessionId).not.toBe(other.sessionId);
    expect(one.logEpoch).toBe(other.logEpoch);
  });

  test.each([
    [{ protocolVersion: 1, minProtocolVersion: 0 }],
    [{ protocolVersion: 7, minProtocolVersion: 1 }],
    [{ protocolVersion: 4_294_967_295, minProtocolVersion: 1 }],
  ])('the version that both speak is chosen: %j', async (versions) => {
    const chat = ann.open();
    chat.send(hello(versions));
    expect(await chat.next('welcome')).toMatchObject({ protocolVersion: 1 });
  });

  test.each([
    [{ protocolVersion: 2, minProtocolVersion: 2 }],
    [{ protocolVersion: 2, minProtocolVersion: 0 }],
    [{ protocolVersion: 0, minProtocolVersion: 0 }],
    [{ protocolVersion: 1, minProtocolVersion: 2 }],
  ])('without a common version the stream is refused, and told which there are: %j', async (versions) => {
    const chat = ann.open();
    chat.send(hello(versions));
    expect(await chat.status()).toMatchObject({
      code: status.FAILED_PRECONDITION,
      reason: 'PROTOCOL_VERSION_UNSUPPORTED',
      domain: 'parley.v1',
      metadata: { min_version: '1', max_version: '1' },
    });
    expect(chat.waiting).toEqual([]);
  });

  test.each([
    ['ping', ping(1n)],
    ['ack', ack({ conversationId: 1n, seq: 1n })],
    ['send', send(textMessage(toUser(1n), 'early'))],
    ['hello_cursors', helloCursors({ conversationId: 1n, seq: 1n })],
    ['hello_done', HELLO_DONE],
    ['no frame at all', undefined],
  ])('%s before hello ends the stream', async (_, frame) => {
    const chat = ann.open();
    chat.send(frame);
    expect(await chat.status()).toMatchObject({ code: status.FAILED_PRECONDITION, reason: 'UNEXPECTED_FRAME' });
  });

  test.each([
    ['a second hello', hello()],
    ['hello_cursors that were not announced', helloCursors()],
    ['hello_done that was not announced', HELLO_DONE],
  ])('%s ends the stream', async (_, frame) => {
    const chat = await ann.connect();
    chat.send(frame);
    expect(await chat.status()).toMatchObject({ code: status.FAILED_PRECONDITION, reason: 'UNEXPECTED_FRAME' });
  });

  test('a send between hello and hello_done ends the stream', async () => {
    const { logEpoch } = await ann.resume();
    const chat = ann.open();
    chat.send(hello({ hasCursors: true, logEpoch }), send(textMessage(toUser(1n), 'early')));
    expect(await chat.status()).toMatchObject({ code: status.FAILED_PRECONDITION, reason: 'UNEXPECTED_FRAME' });
  });

  test.each([
    ['hello.log_epoch', hello({ hasCursors: true, logEpoch: '' })],
    ['hello.device_name', hello({ deviceName: 'x'.repeat(65) })],
  ])('a hello with a wrong %s ends the stream', async (field, frame) => {
    const chat = ann.open();
    chat.send(frame);
    expect(await chat.status()).toMatchObject({
      code: status.INVALID_ARGUMENT,
      reason: 'INVALID_FIELD',
      fields: [expect.stringContaining(field)],
    });
  });

  test('half-closing after hello ends in order', async () => {
    const chat = ann.open();
    chat.send(hello());
    expect(await chat.finish()).toMatchObject({ code: status.OK });
    expect(chat.waiting).toEqual(['welcome', 'caughtUp']);
  });
});
