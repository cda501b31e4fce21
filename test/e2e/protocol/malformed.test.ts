import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { status } from '@grpc/grpc-js';
import { beforeEach, describe, expect, test } from '@jest/globals';

import { ChatRequest, SendMessageRequest } from '../../../proto/gen/parley/v1/chat_service.pb.ts';
import { GetAccountRequest } from '../../../proto/gen/parley/v1/auth_service.pb.ts';
import { ENGINES } from '../../cluster/start-server.ts';
import { hello, send, textMessage, toUser } from './frames.ts';
import { RawHttp2 } from './raw-http2.ts';
import type { RawUser } from './raw-user.ts';
import { useStage } from './stage.ts';

const MARK = 'MARK';
const INVALID = { code: status.INVALID_ARGUMENT, reason: 'INVALID_FIELD', domain: 'parley.v1', fields: ['request'] };

/** Bytes that no decoder takes. */
const MALFORMED: [what: string, bytes: Uint8Array][] = [
  ['a tag without its value', Buffer.from([0x0a])],
  ['a length beyond the end', Buffer.from([0x0a, 0x7f, 0x01])],
  ['a varint that never ends', Buffer.alloc(16, 0xff)],
  ['a wire type that is none', Buffer.from([0x0f, 0x01])],
];

describe.each(ENGINES)('bytes that are no message, on %s', (engine) => {
  const stage = useStage(engine);
  let ann: RawUser;
  let bob: RawUser;
  beforeEach(async () => {
    [ann, bob] = await stage().users('ann', 'bob');
  });

  /** A message with a text that says MARK, whose bytes are replaced by ones that are not UTF-8. */
  function withBadText(encode: (text: string) => Uint8Array): Uint8Array {
    const bytes = Buffer.from(encode(MARK));
    bytes.set([0xff, 0xfe, 0xc0, 0x80], bytes.indexOf(MARK));
    return bytes;
  }

  const badSend = () =>
    withBadText((text) => SendMessageRequest.encode({ message: textMessage(toUser(bob.id), text) }).finish());
  const badFrame = () =>
    withBadText((text) => ChatRequest.encode({ frame: send(textMessage(toUser(bob.id), text)) }).finish());

  async function unary(rpc: string, bytes: Uint8Array) {
    using http2 = new RawHttp2(stage().address);
    return await http2.call(rpc, ann.token).write(bytes).end().status;
  }

  async function streamed(...messages: Uint8Array[]) {
    using http2 = new RawHttp2(stage().address);
    const call = http2.call('parley.v1.ChatService/Chat', ann.token);
    for (const message of messages) call.write(message);
    return await call.status;
  }

  test.each(MALFORMED)('%s: unary', async (_, bytes) => {
    expect(await unary('parley.v1.ChatService/SendMessage', bytes)).toMatchObject(INVALID);
    expect(await unary('parley.v1.HistoryService/ListConversations', bytes)).toMatchObject(INVALID);
  });

  test.each(MALFORMED)('%s: on the stream', async (_, bytes) => {
    expect(await streamed(bytes)).toMatchObject(INVALID);
    expect(await streamed(ChatRequest.encode({ frame: hello() }).finish(), bytes)).toMatchObject(INVALID);
  });

  test('invalid UTF-8, unary: nothing is stored', async () => {
    expect(await unary('parley.v1.ChatService/SendMessage', badSend())).toMatchObject(INVALID);
    const bad = withBadText((value) => GetAccountRequest.encode({ user: { $case: 'name', value } }).finish());
    expect(await unary('parley.v1.AuthService/GetAccount', bad)).toMatchObject(INVALID);
    expect(await bob.conversations()).toEqual([]);
  });

  test('invalid UTF-8 on the stream: nothing is stored', async () => {
    expect(await streamed(ChatRequest.encode({ frame: hello() }).finish(), badFrame())).toMatchObject(INVALID);
    expect(await bob.conversations()).toEqual([]);
  });

  test('fields that the server does not know are passed over', async () => {
    const known = SendMessageRequest.encode({ message: textMessage(toUser(bob.id), 'from the future') }).finish();
    const unknown = new BinaryWriter()
      .uint32((1_000 << 3) | 2)
      .string('new')
      .finish();
    const answer = await unary('parley.v1.ChatService/SendMessage', Buffer.concat([known, unknown]));
    expect(answer).toMatchObject({ code: status.OK });
    expect(await bob.conversations()).toHaveLength(1);
  });

  test('a frame of a kind that the server does not know is refused as an empty one, and the stream goes on', async () => {
    using http2 = new RawHttp2(stage().address);
    const call = http2.call('parley.v1.ChatService/Chat', ann.token);
    call.write(ChatRequest.encode({ frame: hello() }).finish());
    call.write(
      new BinaryWriter()
        .uint32((1_000 << 3) | 2)
        .string('new')
        .finish(),
    );
    call.write(ChatRequest.encode({ frame: send(textMessage(toUser(bob.id), 'after')) }).finish());
    expect(await call.end().status).toMatchObject({ code: status.OK });
    expect(await bob.conversations()).toHaveLength(1);
  });

  test('others on the server notice nothing of it', async () => {
    const [annChat, bobChat] = [await ann.connect(), await bob.connect()];
    await Promise.all(MALFORMED.map(([, bytes]) => streamed(bytes)));
    await annChat.say(toUser(bob.id), 'all well');
    expect(await bobChat.entries(1)).toHaveLength(1);
  });
});
