import { status } from '@grpc/grpc-js';
import { beforeEach, describe, expect, test } from '@jest/globals';

import { ENGINES } from '../../cluster/start-server.ts';
import { ack, numbered, read, toUser } from './frames.ts';
import type { RawChat } from './raw-chat.ts';
import type { RawUser } from './raw-user.ts';
import { readStatus } from './rich-status.ts';
import { useStage } from './stage.ts';

describe.each(ENGINES)('ack and read, on %s', (engine) => {
  const stage = useStage(engine);
  let ann: RawUser;
  let bob: RawUser;
  let bobChat: RawChat;
  let conversationId: bigint;

  /** Bob has been given five messages of Ann's. */
  beforeEach(async () => {
    [ann, bob] = await stage().users('ann', 'bob');
    bobChat = await bob.connect();
    const annChat = await ann.connect();
    for (const text of numbered('m', 5)) ({ conversationId } = await annChat.say(toUser(bob.id), text));
    await bobChat.entries(5);
  });

  async function conversation(user = bob) {
    const [found] = await user.conversations();
    return found!;
  }

  async function frameError() {
    const { error, ...rest } = await bobChat.next('frameError');
    return { ...rest, ...readStatus(error!) };
  }

  test.each(['ack', 'read'] as const)('%s beyond what was delivered is refused, the others count', async (frame) => {
    const other = await (await stage().user('carol')).connect();
    const second = await other.say(toUser(bob.id), 'from carol');
    await bobChat.entries(1);
    const mark = frame === 'ack' ? ack : read;
    bobChat.send(mark({ conversationId, seq: 6n }, { conversationId: second.conversationId, seq: 1n }));
    await bobChat.settled();

    expect(await frameError()).toMatchObject({
      frame,
      conversationId,
      code: status.OUT_OF_RANGE,
      reason: 'ACK_BEYOND_DELIVERED',
    });
    expect(bobChat.waiting).toEqual([]);
    const cursors = new Map((await bob.conversations()).map(({ id, cursor }) => [id, cursor]));
    const field = frame === 'ack' ? 'deliveredSeq' : 'readSeq';
    expect(cursors.get(conversationId)?.[field]).toBe(0n);
    expect(cursors.get(second.conversationId)?.[field]).toBe(1n);
  });

  test.each([
    ['nobody has', 9_007_199_254_740_991n],
    ['others have', undefined],
  ])('a conversation that %s is refused, whatever the seq', async (_, id) => {
    const [carol, dave] = await stage().users('carol', 'dave');
    const foreign = await (await carol.connect()).say(toUser(dave.id), 'not for bob');
    bobChat.send(ack({ conversationId: id ?? foreign.conversationId, seq: 1n }));
    expect(await frameError()).toMatchObject({ code: status.OUT_OF_RANGE });
    expect(await conversation(carol)).toMatchObject({ cursor: { deliveredSeq: 1n } });
  });

  test('one acknowledges the receipts of what one sent, too', async () => {
    const { seq } = await bobChat.say(toUser(ann.id), 'answer');
    bobChat.send(ack({ conversationId, seq }));
    await bobChat.settled();
    expect(bobChat.waiting).toEqual([]);
    expect(await conversation()).toMatchObject({ cursor: { deliveredSeq: 6n } });
  });

  test('ack moves delivered_seq and nothing else', async () => {
    bobChat.send(ack({ conversationId, seq: 3n }));
    await bobChat.settled();
    expect(await conversation()).toMatchObject({ cursor: { deliveredSeq: 3n, readSeq: 0n }, unreadCount: 5n });
  });

  test('read moves the unread count, for all devices', async () => {
    expect(await conversation()).toMatchObject({ unreadCount: 5n });
    bobChat.send(read({ conversationId, seq: 2n }));
    await bobChat.settled();
    expect(await conversation(await bob.logIn())).toMatchObject({ cursor: { readSeq: 2n }, unreadCount: 3n });
    bobChat.send(read({ conversationId, seq: 1n }), read({ conversationId, seq: 5n }));
    await bobChat.settled();
    expect(await conversation()).toMatchObject({ cursor: { readSeq: 5n }, unreadCount: 0n });
  });

  test('what one sends is read by oneself, and unread by the other', async () => {
    await bobChat.say(toUser(ann.id), 'answer');
    expect(await conversation()).toMatchObject({ cursor: { readSeq: 6n }, unreadCount: 0n });
    expect(await conversation(ann)).toMatchObject({ cursor: { readSeq: 5n }, unreadCount: 1n });
  });

  test.each([
    ['an id of 2^53', [{ conversationId: 2n ** 53n, seq: 1n }]],
    ['a negative id', [{ conversationId: -5n, seq: 1n }]],
    ['an id of 0', [{ conversationId: 0n, seq: 1n }]],
    ['a seq of 2^53', [{ conversationId: 1n, seq: 2n ** 53n }]],
    ['a negative seq', [{ conversationId: 1n, seq: -1n }]],
    ['1,001 positions', Array.from({ length: 1_001 }, () => ({ conversationId: 1n, seq: 0n }))],
  ])('an ack with %s is refused as a whole, and the stream goes on', async (_, positions) => {
    bobChat.send(ack(...positions));
    expect(await frameError()).toMatchObject({
      frame: 'ack',
      conversationId: 0n,
      code: status.INVALID_ARGUMENT,
      reason: 'INVALID_FIELD',
      fields: [expect.stringContaining('ack.positions')],
    });
    await bobChat.settled();
  });
});
