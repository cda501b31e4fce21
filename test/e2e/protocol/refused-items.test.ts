import { Content } from '../../../proto/gen/parley/v1/message.pb.ts';
import { status } from '@grpc/grpc-js';
import { beforeEach, describe, expect, test } from '@jest/globals';

import type { OutgoingMessage } from '../../../proto/gen/parley/v1/chat.pb.ts';
import { ENGINES } from '../../cluster/start-server.ts';
import { send, textMessage, textOf, toGroup, toUser } from './frames.ts';
import type { RawUser } from './raw-user.ts';
import { readStatus } from './rich-status.ts';
import { useStage } from './stage.ts';

const NOBODY = 2n ** 53n - 1n;
const MAX_BYTES = 8_192;

type Change = (good: OutgoingMessage) => Partial<OutgoingMessage>;
type Case = [what: string, change: Change, expected: { code: status; reason: string; fields?: string[] }];

const content = (text: string, mediaType?: string, size = 1): Partial<OutgoingMessage> => ({
  content: Content.fromPartial({
    text,
    payload: mediaType === undefined ? undefined : { mediaType, data: Buffer.alloc(size) },
  }),
});
const invalid = (field: string) => ({ code: status.INVALID_ARGUMENT, reason: 'INVALID_FIELD', fields: [field] });

const CASES: Case[] = [
  ['no target', () => ({ target: undefined }), invalid('target')],
  ['an empty target', () => ({ target: { target: undefined } }), invalid('target')],
  ['a user id of 0', () => ({ target: toUser(0n) }), invalid('target.user_id')],
  ['a negative user id', () => ({ target: toUser(-1n) }), invalid('target.user_id')],
  ['a user id of 2^53', () => ({ target: toUser(2n ** 53n) }), invalid('target.user_id')],
  ['the largest int64 as group id', () => ({ target: toGroup(2n ** 63n - 1n) }), invalid('target.group_id')],
  ['a user who is not there', () => ({ target: toUser(NOBODY) }), { code: status.NOT_FOUND, reason: 'USER_NOT_FOUND' }],
  [
    'a group that is not there',
    () => ({ target: toGroup(NOBODY) }),
    { code: status.PERMISSION_DENIED, reason: 'NOT_A_MEMBER' },
  ],
  ['no id', () => ({ clientMessageId: '' }), invalid('client_message_id')],
  ['an id that is no UUID', () => ({ clientMessageId: 'not-a-uuid' }), invalid('client_message_id')],
  ['an id in braces', (good) => ({ clientMessageId: `{${good.clientMessageId}}` }), invalid('client_message_id')],
  ['no content', () => ({ content: undefined }), invalid('content')],
  ['an empty content', () => content(''), invalid('content')],
  ['a text one byte too long', () => content('x'.repeat(MAX_BYTES + 1)), invalid('content.text')],
  ['a text that is too long in bytes only', () => content('é'.repeat(MAX_BYTES / 2) + 'x'), invalid('content.text')],
  ['a payload one byte too long', () => content('', 'a/b', MAX_BYTES + 1), invalid('content.payload.data')],
  ['a payload without a media type', () => content('x', ''), invalid('content.payload.media_type')],
  ['a media type that is none', () => content('x', 'text'), invalid('content.payload.media_type')],
  ['a media type of 128 characters', () => content('x', `a/${'b'.repeat(126)}`), invalid('content.payload.media_type')],
];

describe.each(ENGINES)('an item that is refused, on %s', (engine) => {
  const stage = useStage(engine);
  let ann: RawUser;
  let bob: RawUser;
  beforeEach(async () => {
    [ann, bob] = await stage().users('ann', 'bob');
  });

  async function expectRefused(bad: OutgoingMessage, expected: Case[2]): Promise<void> {
    const [annChat, bobChat] = [await ann.connect(), await bob.connect()];
    const [before, after] = [textMessage(toUser(bob.id), 'before'), textMessage(toUser(bob.id), 'after')];
    annChat.send(send(before, bad, after));

    const results = new Map((await annChat.results(3)).map((result) => [result.clientMessageId, result.outcome]));
    const outcome = results.get(bad.clientMessageId);
    if (outcome?.$case !== 'error') throw new Error(`it was taken: ${outcome?.$case}`);
    expect(readStatus(outcome.value)).toMatchObject({ domain: 'parley.v1', fields: [], ...expected });
    expect(results.get(before.clientMessageId)).toMatchObject({ $case: 'receipt', value: { seq: 1n } });
    expect(results.get(after.clientMessageId)).toMatchObject({ $case: 'receipt', value: { seq: 2n } });
    expect((await bobChat.entries(2)).map(textOf)).toEqual(['before', 'after']);
    await annChat.settled();

    await expect(ann.post(bad)).rejects.toMatchObject({ domain: 'parley.v1', fields: [], ...expected });
  }

  test.each(CASES)('%s: the neighbours are stored and the stream goes on', async (_, change, expected) => {
    const good = textMessage(toUser(bob.id), 'good');
    await expectRefused({ ...good, ...change(good) }, expected);
  });

  test('to oneself', async () => {
    const expected = { code: status.INVALID_ARGUMENT, reason: 'SELF_NOT_ALLOWED' };
    await expectRefused(textMessage(toUser(ann.id), 'self'), expected);
  });

  test('to a group that one is not in, or is out of', async () => {
    const group = await bob.createGroup('tea');
    const expected = { code: status.PERMISSION_DENIED, reason: 'NOT_A_MEMBER' };
    await expect(ann.post(textMessage(toGroup(group.id), 'never in'))).rejects.toMatchObject(expected);
    await ann.join(group);
    await ann.post(textMessage(toGroup(group.id), 'in'));
    await ann.leave(group);
    const annChat = await ann.connect();
    await expect(annChat.say(toGroup(group.id), 'out')).rejects.toMatchObject(expected);
  });

  test.each([
    ['a text of 8,192 bytes', content('x'.repeat(MAX_BYTES))],
    ['a text of 8,192 bytes in other letters', content('é'.repeat(MAX_BYTES / 2))],
    ['a text of four-byte letters', content('👋'.repeat(MAX_BYTES / 4))],
    ['a payload of 8,192 bytes', content('', 'a/b', MAX_BYTES)],
    ['both at their largest', content('x'.repeat(MAX_BYTES), `a/${'b'.repeat(125)}`, MAX_BYTES)],
    ['an empty payload', content('', 'a/b', 0)],
    ['control characters and nothing else', content('\u0000\u0001\u2028')],
  ])('%s is not refused, and comes whole', async (_, good) => {
    const [annChat, bobChat] = [await ann.connect(), await bob.connect()];
    const message = { ...textMessage(toUser(bob.id), ''), ...good };
    expect(await annChat.post(message)).toMatchObject({ $case: 'receipt' });
    const [entry] = await bobChat.entries(1);
    expect(entry?.body).toEqual({ $case: 'content', value: message.content });
  });
});
