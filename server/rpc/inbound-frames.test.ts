import { randomUUID } from 'node:crypto';

import { beforeEach, describe, expect, test } from '@jest/globals';

import { ChatRequest } from '../../proto/gen/parley/v1/chat_service.pb.ts';
import type { ChatSession } from '../delivery/chat-session.ts';
import { DomainError } from '../lib/errors.ts';
import { takeFrame } from './inbound-frames.ts';
import { MAX_POSITIONS, MAX_SEND_BATCH } from './outbound-frames.ts';

type Frame = Parameters<typeof ChatRequest.fromPartial>[0]['frame'];

const INVALID = { reason: 'INVALID_FIELD' };
const fieldOf = (error: unknown) => (error instanceof DomainError ? error.violations[0]?.field : error);

/** What a session was told, in order: the method, and what it was given. */
let told: [method: string, ...given: unknown[]][];
let session: ChatSession;

beforeEach(() => {
  told = [];
  session = new Proxy({} as ChatSession, {
    get:
      (_target, method: string) =>
      (...given: unknown[]) => {
        told.push([method, ...given.map((value) => (value instanceof DomainError ? fieldOf(value) : value))]);
      },
  });
});

const take = (frame: Frame) => takeFrame(session, ChatRequest.fromPartial({ frame }));
const message = (id: string = randomUUID(), userId = 7n) => ({
  clientMessageId: id,
  target: { target: { $case: 'userId' as const, value: userId } },
  content: { text: 'hi' },
});
const sendOf = (messages: ReturnType<typeof message>[]): Frame => ({ $case: 'send', value: { messages } });
const positions = (count: number, seq = 1n) =>
  Array.from({ length: count }, (_, n) => ({ conversationId: BigInt(n + 1), seq }));

describe('a send', () => {
  test('gives its messages one after the other', async () => {
    const [first, second] = [randomUUID(), randomUUID()];
    await take(sendOf([message(first), message(second)]));
    const target = { kind: 'user', userId: 7 };
    expect(told).toEqual([
      ['send', { clientMessageId: first, target, content: { text: 'hi' } }],
      ['send', { clientMessageId: second, target, content: { text: 'hi' } }],
    ]);
  });

  test('goes on only when the session has taken the message before', async () => {
    const gate = Promise.withResolvers<void>();
    let taken = 0;
    const slow = { send: () => ((taken += 1), gate.promise) } as unknown as ChatSession;
    const done = takeFrame(slow, ChatRequest.fromPartial({ frame: sendOf([message(), message()]) }));
    await new Promise<void>((resolve) => setImmediate(resolve));
    expect(taken).toBe(1);
    gate.resolve();
    await done;
    expect(taken).toBe(2);
  });

  test('answers a message that can’t be read in its place, and gives the others', async () => {
    const ids = [randomUUID(), randomUUID(), randomUUID()] as const;
    await take(sendOf([message(ids[0]), message(ids[1], 0n), message(ids[2])]));
    expect(
      told.map(([method, what]) => [
        method,
        method === 'send' ? (what as { clientMessageId: string }).clientMessageId : what,
      ]),
    ).toEqual([
      ['send', ids[0]],
      ['refuse', ids[1]],
      ['send', ids[2]],
    ]);
    expect(told[1]?.[2]).toBe('target.user_id');
  });

  test('holds so many messages, with ids of a length that can be an id', async () => {
    await take(sendOf(Array.from({ length: MAX_SEND_BATCH }, () => message('x'.repeat(64)))));
    expect(told).toHaveLength(MAX_SEND_BATCH);
  });

  test.each<[string, Frame, string]>([
    ['too many', sendOf(Array.from({ length: MAX_SEND_BATCH + 1 }, () => message())), 'send.messages'],
    ['an id too long', sendOf([message(), message('x'.repeat(65))]), 'send.messages.client_message_id'],
  ])('is refused as a whole with %s', async (_what, frame, field) => {
    await take(frame);
    expect(told).toEqual([['frameError', 'send', field]]);
  });
});

describe.each(['ack', 'read'] as const)('%s', (kind) => {
  test('gives its positions, up to so many', async () => {
    await take({ $case: kind, value: { positions: positions(MAX_POSITIONS, 2n ** 53n - 1n) } });
    const given = told[0]?.[1] as unknown[];
    expect([told[0]?.[0], given.length, given[0]]).toEqual([
      kind,
      MAX_POSITIONS,
      { conversationId: 1, seq: Number.MAX_SAFE_INTEGER },
    ]);
  });

  test.each<[string, ReturnType<typeof positions>, string]>([
    ['too many positions', positions(MAX_POSITIONS + 1), 'positions'],
    ['a conversation that is none', [{ conversationId: 0n, seq: 1n }], 'positions.conversation_id'],
    ['a seq that is none', positions(1, -1n), 'positions.seq'],
  ])('with %s is answered in the stream', async (_what, given, field) => {
    await take({ $case: kind, value: { positions: given } });
    expect(told).toEqual([['frameError', kind, `${kind}.${field}`]]);
  });

  test('out of turn ends the stream', async () => {
    const refusal = new DomainError('UNEXPECTED_FRAME', 'not yet');
    const early = {
      [kind]: () => {
        throw refusal;
      },
    } as unknown as ChatSession;
    const frame: Frame = { $case: kind, value: { positions: positions(1) } };
    await expect(takeFrame(early, ChatRequest.fromPartial({ frame }))).rejects.toBe(refusal);
  });
});

test.each<[string, ReturnType<typeof positions>]>([
  ['too many', positions(MAX_POSITIONS + 1)],
  ['one that is none', positions(1, 2n ** 53n)],
])('cursors of a hello, %s, end the stream', async (_what, given) => {
  await expect(take({ $case: 'helloCursors', value: { positions: given } })).rejects.toMatchObject(INVALID);
  expect(told).toEqual([]);
});

test.each<[string, Frame, unknown[]]>([
  [
    'hello_cursors',
    { $case: 'helloCursors', value: { positions: positions(1) } },
    ['helloCursors', [{ conversationId: 1, seq: 1 }]],
  ],
  ['hello_done', { $case: 'helloDone', value: {} }, ['helloDone']],
  ['ping', { $case: 'ping', value: { nonce: 2n ** 64n - 1n } }, ['ping', 2n ** 64n - 1n]],
  [
    'typing',
    { $case: 'typing', value: { target: { target: { $case: 'groupId', value: 5n } }, userId: 9n, stopped: true } },
    ['typing', { kind: 'group', groupId: 5 }, true],
  ],
  ['typing to nobody', { $case: 'typing', value: {} }, ['frameError', 'typing', 'typing.target']],
  ['no frame', undefined, ['frameError', '', 'frame']],
])('%s is given to the session', async (_what, frame, expected) => {
  await take(frame);
  expect(told).toEqual([expected]);
});
