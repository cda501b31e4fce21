import { beforeEach, describe, expect, test } from '@jest/globals';
import type { ConversationOrder } from './conversation-order.ts';
import { ParleyError } from './errors.ts';
import { Inbox } from './inbox.ts';
import type { Message, Position } from './types.ts';

function message(seq: number, text = 'x'.repeat(300)): Message {
  return { conversationId: 7, seq, senderName: '', body: { kind: 'content', content: { text } } } as Message;
}

describe('Inbox', () => {
  let inbox: Inbox;
  let gaps: Set<ConversationOrder>;
  let ackable: Position[];

  beforeEach(() => {
    gaps = new Set();
    ackable = [];
    inbox = new Inbox({
      // About ten messages.
      maxBytes: 10_000,
      onAckable: (position) => ackable.push(position),
      onGap: (order) => gaps.add(order),
      onFill: () => {},
    });
  });

  const takeSeqs = async (count: number): Promise<number[]> => {
    const seqs: number[] = [];
    while (seqs.length < count) seqs.push((await inbox.take())!.message.seq);
    return seqs;
  };

  test('what comes twice takes no room', async () => {
    inbox.deliver(message(1));
    for (let again = 0; again < 100; again += 1) inbox.deliver(message(1));
    expect(inbox.isFilling).toBe(false);
    expect(await takeSeqs(1)).toEqual([1]);
    for (let again = 0; again < 100; again += 1) inbox.deliver(message(1));
    expect(inbox.isFilling).toBe(false);
  });

  test('keeps no more than fits, and knows what it lacks', async () => {
    for (let seq = 1; seq <= 30; seq += 1) inbox.deliver(message(seq));
    expect(inbox.isFilling).toBe(true);
    const [order] = gaps;
    expect(order!.gap).toEqual({ afterSeq: 10, toSeq: 30 });
    expect(inbox.received()).toEqual([{ conversationId: 7, seq: 10 }]);
    const room = inbox.room();
    expect(await takeSeqs(10)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    await room;
    inbox.deliver(message(11));
    expect(await takeSeqs(1)).toEqual([11]);
  });

  test('a reset gives back the room, and an entry of the old log acknowledges nothing', async () => {
    for (let seq = 1; seq <= 5; seq += 1) inbox.deliver(message(seq));
    inbox.deliver(message(9));
    const old = (await inbox.take())!;
    inbox.reset({ conversationId: 7, seq: 3 });
    expect(inbox.isFilling).toBe(false);
    ackable = [];
    inbox.done(old);
    expect(ackable).toEqual([]);
    inbox.deliver(message(4));
    const entry = (await inbox.take())!;
    inbox.done(entry);
    expect(ackable).toEqual([{ conversationId: 7, seq: 4 }]);
  });

  test('wakes who waits for room or for an entry when it ends', async () => {
    for (let seq = 1; seq <= 10; seq += 1) inbox.deliver(message(seq));
    const room = inbox.room();
    inbox.end(new ParleyError('UNAUTHENTICATED', 'revoked'));
    await room;
    expect(await takeSeqs(10)).toHaveLength(10);
    await expect(inbox.take()).rejects.toThrow('revoked');
  });
});
