import { randomUUID } from 'node:crypto';

import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';

import { DomainError } from '../lib/errors.ts';
import { contentOf } from '../store/seam/entry.ts';
import type { ConversationHead } from '../store/seam/records.ts';
import { hashRequest } from './content-rules.ts';
import { type BatchFacts, planBatch } from './plan-batch.ts';
import type { Lane, Receipt, Send } from './send.ts';
import { storedContent } from './stored-content.ts';

function send(
  parts: {
    conversation?: number;
    sender?: number;
    id?: string;
    text?: string;
    lane?: Lane | null;
    replyToSeq?: number;
  } = {},
): Send {
  const { conversation = 1, sender = 1, id = randomUUID(), text = 'hello', lane = null, replyToSeq } = parts;
  const target = { kind: 'group', groupId: conversation } as const;
  const content = { text, ...(replyToSeq !== undefined && { replyToSeq }) };
  return {
    senderId: sender,
    senderName: 'ann',
    clientMessageId: id,
    target,
    content,
    requestHash: hashRequest(target, content),
    lane,
    facts: { id: conversation, kind: 'group', groupId: conversation },
  };
}

function heads(...list: [id: number, lastSeq: number, lastOrdinal: number][]): Map<number, ConversationHead> {
  return new Map(list.map(([id, lastSeq, lastOrdinal]) => [id, { id, lastSeq, lastOrdinal, membersVersion: 1 }]));
}

/** The plan of sends that say what they say. */
function planned(sends: readonly Send[], facts: Omit<BatchFacts, 'contentOf'> & Partial<BatchFacts>) {
  return planBatch(sends, { contentOf: ({ content }) => storedContent(content, () => undefined), ...facts });
}

const NOBODY = () => null;
const REFUSED = new DomainError('NOT_A_MEMBER', 'no');

function seqs(results: readonly (Receipt | DomainError)[]): (number | string)[] {
  return results.map((result) => (result instanceof DomainError ? result.reason : result.seq));
}

describe('a batch', () => {
  test('numbers each conversation on from its head', () => {
    const sends = [send({ conversation: 1 }), send({ conversation: 2 }), send({ conversation: 1 })];
    const plan = planned(sends, { heads: heads([1, 10, 7], [2, 0, 0]), repeats: [], refuse: NOBODY, now: 5 });
    expect(plan.results).toEqual([
      { conversationId: 1, seq: 11, ordinal: 8, createdAt: 5 },
      { conversationId: 2, seq: 1, ordinal: 1, createdAt: 5 },
      { conversationId: 1, seq: 12, ordinal: 9, createdAt: 5 },
    ]);
    expect(plan.entries.map(({ entry }) => [entry.conversationId, entry.seq])).toEqual([
      [1, 11],
      [2, 1],
      [1, 12],
    ]);
  });

  test('takes replies to what is there by then, within the batch too', () => {
    const sends = [3, 2, 3, 5].map((replyToSeq) => send({ replyToSeq }));
    const plan = planned(sends, { heads: heads([1, 2, 2]), repeats: [], refuse: NOBODY, now: 0 });
    expect(seqs(plan.results)).toEqual(['INVALID_FIELD', 3, 4, 'INVALID_FIELD']);
    expect(plan.entries.map(({ entry }) => contentOf(entry.body)?.replyToSeq)).toEqual([2, 3]);
  });

  test('stores what a send comes to, and asks for it once for each that may be made, in order', () => {
    const id = randomUUID();
    const sends = ['a', 'b', 'c', 'd'].map((text) => send({ text, sender: text === 'b' ? 2 : 1 }));
    const asked: string[] = [];
    const resolve = ({ content }: Send) => {
      asked.push(content.text);
      return content.text === 'c' ? REFUSED : { text: content.text.toUpperCase() };
    };
    const refuse = ({ senderId }: Send) => (senderId === 2 ? REFUSED : null);
    const twice = [...sends, send({ text: 'e', id }), send({ text: 'e', id })];
    const plan = planned(twice, { heads: heads([1, 0, 0]), repeats: [], refuse, contentOf: resolve, now: 0 });
    expect(seqs(plan.results)).toEqual([1, 'NOT_A_MEMBER', 'NOT_A_MEMBER', 2, 3, 3]);
    expect(plan.entries.map(({ entry }) => contentOf(entry.body)?.text)).toEqual(['A', 'D', 'E']);
    expect(asked).toEqual(['a', 'c', 'd', 'e']);
  });

  test('gives no seq to what is refused', () => {
    const sends = [send(), send({ sender: 2 }), send()];
    const refuse = ({ senderId }: Send) => (senderId === 2 ? REFUSED : null);
    const plan = planned(sends, { heads: heads([1, 0, 0]), repeats: [], refuse, now: 0 });
    expect(seqs(plan.results)).toEqual([1, 'NOT_A_MEMBER', 2]);
  });

  test('answers a repeat by what is stored, before it judges who may write', () => {
    const repeat = send();
    const stored = { ...repeat, conversationId: 1, seq: 4, ordinal: 3, createdAt: 1 };
    const plan = planned([repeat], { heads: heads([1, 9, 9]), repeats: [stored], refuse: () => REFUSED, now: 0 });
    expect(plan.results).toEqual([{ conversationId: 1, seq: 4, ordinal: 3, createdAt: 1 }]);
    expect(plan.entries).toEqual([]);
  });

  test('stores a repeat within itself once', () => {
    const id = randomUUID();
    const plan = planned([send({ id }), send({ id }), send()], {
      heads: heads([1, 0, 0]),
      repeats: [],
      refuse: NOBODY,
      now: 0,
    });
    expect(seqs(plan.results)).toEqual([1, 1, 2]);
    expect(plan.entries).toHaveLength(2);
  });

  test('tells a reused id from a repeat; another sender may use the same', () => {
    const id = randomUUID();
    const sends = [send({ id }), send({ id, text: 'other' }), send({ id, conversation: 2 }), send({ id, sender: 2 })];
    const plan = planned(sends, { heads: heads([1, 0, 0], [2, 0, 0]), repeats: [], refuse: NOBODY, now: 0 });
    expect(seqs(plan.results)).toEqual([1, 'CLIENT_MESSAGE_ID_REUSED', 'CLIENT_MESSAGE_ID_REUSED', 2]);
  });

  test('changes nothing it was given: a transaction may be tried again', () => {
    const lane: Lane = { failedId: randomUUID() };
    const sends = [send({ id: lane.failedId ?? '', lane }), send({ lane })];
    const facts = { heads: heads([1, 0, 0]), repeats: [], refuse: NOBODY, now: 0 };
    const first = planned(sends, facts);
    expect(planned(sends, facts)).toEqual(first);
    expect(facts.heads).toEqual(heads([1, 0, 0]));
  });
});

describe('a lane with a failed send', () => {
  test('fails everything else in it, until the failed one comes again', () => {
    const failed = send();
    const lane: Lane = { failedId: failed.clientMessageId };
    const sends = [send({ lane }), { ...failed, lane }, send({ lane })];
    const plan = planned(sends, { heads: heads([1, 0, 0]), repeats: [], refuse: NOBODY, now: 0 });
    expect(seqs(plan.results)).toEqual(['EARLIER_SEND_FAILED', 1, 2]);
  });

  test('fails no other lane', () => {
    const plan = planned([send({ lane: { failedId: randomUUID() } }), send({ lane: { failedId: null } }), send()], {
      heads: heads([1, 0, 0]),
      repeats: [],
      refuse: NOBODY,
      now: 0,
    });
    expect(seqs(plan.results)).toEqual(['EARLIER_SEND_FAILED', 1, 2]);
  });
});

test('whatever the batch, seqs follow on without a gap and each id has one', () => {
  const ids = Array.from({ length: 6 }, () => randomUUID());
  const anySend = fc
    .record({ conversation: fc.constantFrom(1, 2, 3), sender: fc.constantFrom(1, 2), id: fc.constantFrom(...ids) })
    .map(send);
  fc.assert(
    fc.property(fc.array(anySend, { maxLength: 30 }), fc.constantFrom(0, 1, 2), (sends, barred) => {
      const start = heads([1, 5, 2], [2, 0, 0], [3, 100, 50]);
      const refuse = ({ senderId }: Send) => (senderId === barred ? REFUSED : null);
      const { results, entries } = planned(sends, { heads: start, repeats: [], refuse, now: 0 });
      expect(results).toHaveLength(sends.length);
      for (const [id, head] of start) {
        const numbered = entries.filter(({ entry }) => entry.conversationId === id).map(({ entry }) => entry);
        expect(numbered.map(({ seq }) => seq)).toEqual(numbered.map((_, index) => head.lastSeq + 1 + index));
        expect(numbered.map(({ ordinal }) => ordinal)).toEqual(
          numbered.map((_, index) => head.lastOrdinal + 1 + index),
        );
      }
      const keys = entries.map(({ entry }) => `${entry.senderId}:${entry.clientMessageId}`);
      expect(new Set(keys).size).toBe(keys.length);
      expect(entries.some(({ entry }) => entry.senderId === barred)).toBe(false);
    }),
  );
});

test('whatever is stored already and whatever lanes are closed, each send gets its one right answer', () => {
  const ids = Array.from({ length: 4 }, () => randomUUID());
  const anySend = fc.record({
    id: fc.constantFrom(...ids),
    text: fc.constantFrom('this', 'that'),
    sender: fc.constantFrom(1, 2, 3),
    lane: fc.constantFrom('none', 'first', 'second'),
  });
  const stored = fc.uniqueArray(fc.record({ id: fc.constantFrom(...ids), sender: fc.constantFrom(1, 2) }), {
    selector: ({ id, sender }) => `${sender}:${id}`,
  });
  const failedIds = fc.tuple(fc.constantFrom(null, ...ids), fc.constantFrom(null, ...ids));
  fc.assert(
    fc.property(fc.array(anySend, { maxLength: 25 }), stored, failedIds, (drafts, before, failed) => {
      const [first, second] = failed.map((failedId): Lane => ({ failedId }));
      const laneOf = { none: null, first: first ?? null, second: second ?? null };
      const sends = drafts.map((draft) => send({ ...draft, lane: laneOf[draft.lane] }));
      const repeats = before.map((key, index) => ({
        ...send({ ...key, text: 'this' }),
        ...{ conversationId: 1, seq: index + 1, ordinal: index + 1, createdAt: 1 },
      }));
      const refuse = ({ senderId }: Send) => (senderId === 3 ? REFUSED : null);
      const start = heads([1, before.length, before.length]);
      const { results } = planned(sends, { heads: start, repeats, refuse, now: 2 });

      // The same, as plainly as it can be said.
      const known = new Map(
        before.map(({ id, sender }, index) => [`${sender}:${id}`, { text: 'this', seq: index + 1 }]),
      );
      const open = new Set(Object.values(laneOf).filter((lane) => lane === null || lane.failedId === null));
      let lastSeq = before.length;
      const expected = drafts.map(({ id, text, sender, lane }) => {
        if (laneOf[lane]?.failedId === id) open.add(laneOf[lane]);
        if (lane !== 'none' && !open.has(laneOf[lane])) return 'EARLIER_SEND_FAILED';
        const key = `${sender}:${id}`;
        const same = known.get(key);
        if (same !== undefined) return same.text === text ? same.seq : 'CLIENT_MESSAGE_ID_REUSED';
        if (sender === 3) return 'NOT_A_MEMBER';
        lastSeq += 1;
        known.set(key, { text, seq: lastSeq });
        return lastSeq;
      });
      expect(seqs(results)).toEqual(expected);
    }),
  );
});
