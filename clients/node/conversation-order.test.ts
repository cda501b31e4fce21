import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ConversationOrder } from './conversation-order.ts';
import type { InboxEntry } from './conversation-order.ts';
import type { Message } from './types.ts';

function entry(order: ConversationOrder, seq: number): InboxEntry {
  return { message: { conversationId: 1, seq } as Message, sizeBytes: 1, order };
}

function deliver(order: ConversationOrder, seq: number): number[] {
  return order.wants(seq) ? order.add(entry(order, seq)).map(({ message }) => message.seq) : [];
}

const seqs = (entries: InboxEntry[]): number[] => entries.map(({ message }) => message.seq);

describe('ConversationOrder', () => {
  test('whatever comes in whatever order, each seq is shown once, in order, and none is lost', () => {
    const kinds = fc.array(fc.constantFrom('entry', 'own', 'skip'), { minLength: 1, maxLength: 12 });
    const scenario = kinds.chain((all) =>
      fc.tuple(
        fc.constant(all),
        // Each seq comes at least once, in any order, and some come again.
        fc.shuffledSubarray(
          all.map((_, index) => index + 1),
          { minLength: all.length, maxLength: all.length },
        ),
        fc.array(fc.integer({ min: 1, max: all.length })),
      ),
    );
    fc.assert(
      fc.property(scenario, ([all, firstTimes, again]) => {
        const order = new ConversationOrder(1, 0);
        const shown: number[] = [];
        for (const seq of [...firstTimes, ...again]) {
          const kind = all[seq - 1];
          if (kind === 'own') shown.push(...seqs(order.ownSend(seq)));
          else if (kind === 'skip') shown.push(...seqs(order.skip(seq, seq)));
          else shown.push(...deliver(order, seq));
        }
        expect(shown).toEqual(all.flatMap((kind, index) => (kind === 'entry' ? [index + 1] : [])));
        expect(order.position).toBe(all.length);
        expect(order.gap).toBeUndefined();
      }),
    );
  });

  test('begins where the first entry says, and counts an own send that was confirmed before', () => {
    const order = new ConversationOrder(1);
    expect(seqs(order.ownSend(5))).toEqual([]);
    expect(order.position).toBeUndefined();
    expect(deliver(order, 4)).toEqual([4]);
    expect(order.position).toBe(5);
  });

  test('begins at once where an own send is the first entry of all', () => {
    const order = new ConversationOrder(1);
    order.ownSend(1);
    expect([order.position, order.acked]).toEqual([1, 1]);
  });

  test('acknowledges what nobody is shown together with the entry before it', () => {
    const order = new ConversationOrder(1, 0);
    deliver(order, 1);
    deliver(order, 2);
    order.ownSend(3);
    expect(order.acked).toBe(0);
    expect(order.acknowledge(1)).toBe(1);
    expect(order.acknowledge(2)).toBe(3);
    order.ownSend(4);
    expect(order.acked).toBe(4);
  });

  test('knows its gap, also from entries that found no room', () => {
    const order = new ConversationOrder(1, 3);
    deliver(order, 6);
    expect(order.gap).toEqual({ afterSeq: 3, toSeq: 6 });
    order.noteSeen(9);
    deliver(order, 4);
    expect(order.gap).toEqual({ afterSeq: 4, toSeq: 9 });
    // A skip never swallows what is there.
    expect(seqs(order.skip(5, 9))).toEqual([6]);
    expect(order.position).toBe(9);
  });

  test('is of no use once it is discarded', () => {
    const order = new ConversationOrder(1, 0);
    deliver(order, 3);
    expect(order.discard()).toBe(1);
    expect(order.gap).toBeUndefined();
  });
});
