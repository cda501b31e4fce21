import { Content } from '../../../proto/gen/parley/v1/message.pb.ts';
import { status } from '@grpc/grpc-js';
import { beforeEach, describe, expect, test } from '@jest/globals';

import { ENGINES } from '../../cluster/start-server.ts';
import { hello, numbered, send, textMessage, textOf, toUser } from './frames.ts';
import type { RawUser } from './raw-user.ts';
import { useStage } from './stage.ts';

const PIPELINED = 500;

describe.each(ENGINES)('what is sent while everybody is there, on %s', (engine) => {
  const stage = useStage(engine);
  let ann: RawUser;
  let bob: RawUser;
  beforeEach(async () => {
    [ann, bob] = await stage().users('ann', 'bob');
  });

  test('the sender gets a receipt, the recipient the message under the same place', async () => {
    const [annChat, bobChat] = [await ann.connect(), await bob.connect()];
    const before = Date.now();
    const message = textMessage(toUser(bob.id), 'Grüße 👋');
    const outcome = await annChat.post(message);

    const [delivered, ...more] = await bobChat.entries(1);
    expect(more).toEqual([]);
    expect(delivered).toEqual({
      conversationId: expect.any(BigInt),
      seq: 1n,
      ordinal: 1n,
      target: toUser(bob.id),
      senderId: ann.id,
      senderName: ann.name,
      clientMessageId: message.clientMessageId,
      createTime: expect.any(Date),
      revision: 0,
      reactions: [],
      body: { $case: 'content', value: Content.fromPartial({ text: 'Grüße 👋' }) },
    });
    const { conversationId, seq, ordinal, createTime } = delivered!;
    expect(outcome).toEqual({ $case: 'receipt', value: { conversationId, seq, ordinal, createTime } });
    expect(Math.abs(createTime!.getTime() - before)).toBeLessThan(5_000);
  });

  test('a payload comes as it was sent, byte by byte', async () => {
    const [annChat, bobChat] = [await ann.connect(), await bob.connect()];
    const data = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const payload = { mediaType: 'application/octet-stream; version=2', data };
    await annChat.post({ ...textMessage(toUser(bob.id), ''), content: Content.fromPartial({ text: '', payload }) });
    const [delivered] = await bobChat.entries(1);
    expect(delivered?.body).toEqual({ $case: 'content', value: Content.fromPartial({ text: '', payload }) });
  });

  test('all devices of both get it, but not the one that sent it', async () => {
    const desk = await ann.connect();
    const phone = await (await ann.logIn('phone')).connect();
    const sameSession = await ann.connect();
    const bobs = [await bob.connect(), await (await bob.logIn('tablet')).connect()];
    await desk.say(toUser(bob.id), 'from the desk');
    for (const chat of [phone, sameSession, ...bobs]) {
      expect((await chat.entries(1)).map(textOf)).toEqual(['from the desk']);
    }

    // The log comes in order: had the desk been given its own message, it would be before this one.
    await phone.say(toUser(bob.id), 'from the phone');
    const [first, ...rest] = await desk.entries(1);
    expect([first?.seq, rest]).toEqual([2n, []]);
    for (const chat of [sameSession, ...bobs]) {
      expect((await chat.entries(1)).map(textOf)).toEqual(['from the phone']);
    }
    expect(phone.waiting).toEqual([]);
  });

  test(`${PIPELINED} pipelined sends are stored, answered and delivered in their order`, async () => {
    const [annChat, bobChat] = [await ann.connect(), await bob.connect()];
    const messages = numbered('m', PIPELINED).map((text) => textMessage(toUser(bob.id), text));
    for (const message of messages) annChat.send(send(message));

    const results = await annChat.results(PIPELINED);
    expect(results.map(({ clientMessageId }) => clientMessageId)).toEqual(messages.map((m) => m.clientMessageId));
    const seqs = results.map(({ outcome }) => (outcome?.$case === 'receipt' ? outcome.value.seq : outcome));
    expect(seqs).toEqual(messages.map((_, index) => BigInt(index + 1)));
    const entries = await bobChat.entries(PIPELINED);
    expect(entries.map(({ seq }) => seq)).toEqual(seqs);
    expect(entries.map(textOf)).toEqual(numbered('m', PIPELINED));
  });

  test('both write at once: everybody gets the same log, less what they sent themselves', async () => {
    const [annChat, bobChat] = [await ann.connect(), await bob.connect()];
    const watcher = await (await ann.logIn('watcher')).connect();
    for (let n = 1; n <= 100; n += 1) {
      annChat.send(send(textMessage(toUser(bob.id), `ann ${n}`)));
      bobChat.send(send(textMessage(toUser(ann.id), `bob ${n}`)));
    }
    const log = await watcher.entries(200);
    expect(log.map(({ seq }) => seq)).toEqual(Array.from({ length: 200 }, (_, index) => BigInt(index + 1)));
    expect(log.filter(({ senderId }) => senderId === ann.id).map(textOf)).toEqual(numbered('ann', 100));
    const toAnn = log.filter(({ senderId }) => senderId === bob.id);
    expect(toAnn.map(textOf)).toEqual(numbered('bob', 100));
    expect(await annChat.entries(100)).toEqual(toAnn);
    expect(await bobChat.entries(100)).toEqual(log.filter(({ senderId }) => senderId === ann.id));
  });

  test('a batch of 100 in one frame gets 100 results, one of 101 is refused as a whole', async () => {
    const annChat = await ann.connect();
    const batch = (count: number) => numbered('m', count).map((text) => textMessage(toUser(bob.id), text));
    annChat.send(send(...batch(100)));
    expect((await annChat.results(100)).every(({ outcome }) => outcome?.$case === 'receipt')).toBe(true);
    annChat.send(send(...batch(101)));
    const { frame, error } = await annChat.next('frameError');
    expect([frame, error?.code]).toEqual(['send', status.INVALID_ARGUMENT]);
    expect(await annChat.say(toUser(bob.id), 'next')).toMatchObject({ seq: 101n });
  });

  test('what is sent right after hello, before the welcome, is taken', async () => {
    const { chat } = await bob.resume();
    const early = ann.open();
    early.send(hello(), send(textMessage(toUser(bob.id), 'early')));
    expect(await early.results(1)).toMatchObject([{ outcome: { $case: 'receipt' } }]);
    expect((await chat.entries(1)).map(textOf)).toEqual(['early']);
  });
});
