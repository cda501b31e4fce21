import { status } from '@grpc/grpc-js';
import { beforeEach, describe, expect, test } from '@jest/globals';

import type { OutgoingMessage, SendReceipt } from '../../../proto/gen/parley/v1/chat.pb.ts';
import { Content } from '../../../proto/gen/parley/v1/message.pb.ts';
import { ENGINES } from '../../cluster/start-server.ts';
import { send, textMessage, textOf, toGroup, toUser } from './frames.ts';
import type { RawChat } from './raw-chat.ts';
import type { RawUser } from './raw-user.ts';
import { readStatus } from './rich-status.ts';
import { useStage } from './stage.ts';

describe.each(ENGINES)('a message that is sent again, on %s', (engine) => {
  const stage = useStage(engine);
  let ann: RawUser;
  let bob: RawUser;
  let annChat: RawChat;
  let bobChat: RawChat;
  let message: OutgoingMessage;
  let receipt: SendReceipt;

  beforeEach(async () => {
    [ann, bob] = await stage().users('ann', 'bob');
    [annChat, bobChat] = [await ann.connect(), await bob.connect()];
    message = textMessage(toUser(bob.id), 'once');
    receipt = await ann.post(message);
    await bobChat.entries(1);
    await annChat.entries(1);
  });

  async function post(again: OutgoingMessage, chat = annChat) {
    const outcome = await chat.post(again);
    return outcome?.$case === 'error' ? readStatus(outcome.value) : outcome?.value;
  }

  /** Nothing was stored since: the next message has the next seq, and is the next one that Bob is given. */
  async function expectNothingNew(): Promise<void> {
    expect(await annChat.say(toUser(bob.id), 'next')).toMatchObject({ seq: receipt.seq + 1n });
    expect((await bobChat.entries(1)).map(textOf)).toEqual(['next']);
  }

  test('has the first receipt: on the stream, on another device, by the unary rpc', async () => {
    expect(await post(message)).toEqual(receipt);
    expect(await post(message)).toEqual(receipt);
    expect(await post(message, await (await ann.logIn()).connect())).toEqual(receipt);
    expect(await ann.post(message)).toEqual(receipt);
    await expectNothingNew();
  });

  test('has it after its stream was broken off', async () => {
    const again = textMessage(toUser(bob.id), 'second');
    const broken = await ann.connect();
    broken.send(send(again));
    const first = (await broken.results(1))[0]?.outcome?.value;
    await broken[Symbol.asyncDispose]();
    expect(await post(again)).toEqual(first);
    expect((await bobChat.entries(1)).map(textOf)).toEqual(['second']);
  });

  test('has it whatever the case of its id', async () => {
    const upper = message.clientMessageId.toUpperCase();
    expect(await post({ ...message, clientMessageId: upper })).toEqual(receipt);
    await expectNothingNew();
  });

  test('within one frame, it is stored once', async () => {
    const twice = textMessage(toUser(bob.id), 'twice');
    annChat.send(send(twice, twice), send(twice));
    const [first, ...rest] = await annChat.results(3);
    expect(first).toMatchObject({ outcome: { $case: 'receipt', value: { seq: receipt.seq + 1n } } });
    expect(rest).toEqual([first, first]);
    expect((await bobChat.entries(1)).map(textOf)).toEqual(['twice']);
    receipt = { ...receipt, seq: receipt.seq + 1n };
    await expectNothingNew();
  });

  test('by all ways at once, it is stored once', async () => {
    const devices = await Promise.all([1, 2, 3].map(async () => (await ann.logIn()).connect()));
    const again = textMessage(toUser(bob.id), 'at once');
    const receipts = await Promise.all([
      ...devices.map((device) => post(again, device)),
      ...[1, 2, 3].map(() => ann.post(again)),
    ]);
    expect(receipts).toEqual(receipts.map(() => ({ ...receipt, seq: 2n, ordinal: 2n, createTime: expect.any(Date) })));
    expect(receipts).toEqual(receipts.map(() => receipts[0]));
    expect((await bobChat.entries(1)).map(textOf)).toEqual(['at once']);
  });

  const changed: [string, (original: OutgoingMessage) => Promise<Partial<OutgoingMessage>>][] = [
    ['text', async () => ({ content: Content.fromPartial({ text: 'Once' }) })],
    ['payload', async () => ({ content: withPayload('once') })],
    ['target', async () => ({ target: toUser((await stage().user('carol')).id) })],
    ['kind of target', async () => ({ target: toGroup((await ann.createGroup('tea')).id) })],
  ];
  test.each(changed)('with another %s it is ALREADY_EXISTS, on the stream and by the unary rpc', async (_, change) => {
    const reused = { ...message, ...(await change(message)) };
    const refused = { code: status.ALREADY_EXISTS, reason: 'CLIENT_MESSAGE_ID_REUSED' };
    expect(await post(reused)).toMatchObject(refused);
    await expect(ann.post(reused)).rejects.toMatchObject(refused);
    expect(await post(message)).toEqual(receipt);
  });

  test("the id is the sender's own: another user may use the same", async () => {
    const same = { ...message, target: toUser(ann.id) };
    expect(await post(same, bobChat)).toMatchObject({ seq: receipt.seq + 1n });
    expect(await annChat.entries(1)).toMatchObject([{ clientMessageId: message.clientMessageId, senderId: bob.id }]);
  });

  test('a message that was stored has its receipt even when it could not be sent any more', async () => {
    const group = await bob.createGroup('tea');
    await ann.join(group);
    const toTea = textMessage(toGroup(group.id), 'bye');
    const first = await ann.post(toTea);
    await ann.leave(group);
    expect(await ann.post(toTea)).toEqual(first);
    await expect(ann.post(textMessage(toGroup(group.id), 'late'))).rejects.toMatchObject({ reason: 'NOT_A_MEMBER' });
  });
});

function withPayload(text: string): Content {
  return Content.fromPartial({ text, payload: { mediaType: 'text/plain', data: Buffer.from('more') } });
}
