import { randomUUID } from 'node:crypto';

import { describe, expect, test } from '@jest/globals';

import type { Content } from '../store/seam/entry.ts';
import { JournalQueue, type Queued, type QueueLimits } from './journal-queue.ts';
import type { Send } from './send.ts';

const ROW_BYTES = 200;

function queueOf(limits: Partial<QueueLimits>, ...sends: Send[]): JournalQueue {
  const queue = new JournalQueue({ capacity: 100, maxBatchRows: 100, maxBatchBytes: 1e9, ...limits });
  for (const send of sends) queue.add(send, () => undefined);
  return queue;
}

function send(text: string, conversationId = 1, payload?: Content['payload']): Send {
  return {
    senderId: 1,
    senderName: 'ann',
    clientMessageId: randomUUID(),
    target: { kind: 'group', groupId: conversationId },
    content: payload === undefined ? { text } : { text, payload },
    requestHash: new Uint8Array(32),
    lane: null,
    facts: { id: conversationId, kind: 'group', groupId: conversationId },
  };
}

const textsOf = (items: readonly Queued[]) => items.map((item) => item.send.content.text);

/** Takes batches until nothing is left. */
function batches(queue: JournalQueue): string[][] {
  const all: string[][] = [];
  while (queue.hasMain) all.push(textsOf(queue.takeMain()));
  return all;
}

describe('a batch', () => {
  test('holds as many rows as it may, in the order of their coming', () => {
    const queue = queueOf({ maxBatchRows: 2 }, ...['a', 'b', 'c', 'd', 'e'].map((text) => send(text)));
    expect(batches(queue)).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
  });

  test.each<[string, Send[]]>([
    ['texts', [send('x'.repeat(100)), send('y'.repeat(100))]],
    ['texts of several bytes a letter', [send('好'.repeat(33) + 'x'), send('é'.repeat(50))]],
    ['payloads', [send('', 1, { mediaType: 'a/b', data: new Uint8Array(100) }), send('x'.repeat(100))]],
  ])('holds as many bytes as it may, of %s', (_what, sends) => {
    const texts = sends.map(({ content: { text } }) => text);
    const bytes = 2 * (ROW_BYTES + 100);
    expect(batches(queueOf({ maxBatchBytes: bytes }, ...sends))).toEqual([texts]);
    expect(batches(queueOf({ maxBatchBytes: bytes - 1 }, ...sends))).toEqual(texts.map((text) => [text]));
  });

  test('holds one that is larger than that alone', () => {
    const queue = queueOf({ maxBatchBytes: 500 }, send('a'), send('b'.repeat(1_000)), send('c'));
    expect(batches(queue)).toEqual([['a'], ['b'.repeat(1_000)], ['c']]);
  });

  test('that is put back comes before everything else', () => {
    const queue = queueOf({}, send('a'), send('b'));
    const batch = queue.takeMain();
    queue.add(send('c'), () => undefined);
    queue.putBackMain(batch.slice(1));
    expect(batches(queue)).toEqual([['b', 'c']]);
  });
});

describe('a conversation set aside', () => {
  test('takes its later sends along, and gives them in their order, batch by batch', () => {
    const queue = queueOf({ maxBatchRows: 2 }, send('a1', 7), send('b1'));
    const [first] = queue.takeMain();
    expect(queue.setAside(7, first === undefined ? [] : [first])).toBe(true);
    for (const later of [send('a2', 7), send('b2'), send('a3', 7)]) queue.add(later, () => undefined);
    expect(batches(queue)).toEqual([['b2']]);
    expect(textsOf(queue.takeAside(7))).toEqual(['a1', 'a2']);
    const rest = queue.takeAside(7);
    expect(textsOf(rest)).toEqual(['a3']);
    queue.putBackAside(7, rest);
    queue.add(send('a4', 7), () => undefined);
    expect(batches(queue)).toEqual([[]]);
    expect(textsOf(queue.takeAside(7))).toEqual(['a3', 'a4']);
  });

  test('is new there once, until nothing of it waits any more', () => {
    const queue = queueOf({}, send('a', 7), send('b', 7));
    const [a, b] = queue.takeMain();
    if (a === undefined || b === undefined) throw new Error('two were added');
    expect([queue.setAside(7, [a]), queue.setAside(7, [b])]).toEqual([true, false]);
    expect(textsOf(queue.takeAside(7))).toEqual(['a', 'b']);
    expect(queue.takeAside(7)).toEqual([]);
    queue.add(send('c', 7), () => undefined);
    expect(batches(queue)).toEqual([['c']]);
    expect(queue.setAside(7, [])).toBe(true);
  });

  test('is bounded in bytes too', () => {
    const queue = queueOf({}, send('x'.repeat(100), 7), send('y'.repeat(100), 7), send('z', 7));
    const bounded = queueOf({ maxBatchBytes: 2 * (ROW_BYTES + 100) });
    bounded.setAside(7, queue.takeMain());
    const sizes = [bounded.takeAside(7), bounded.takeAside(7), bounded.takeAside(7)].map(({ length }) => length);
    expect(sizes).toEqual([2, 1, 0]);
  });

  test('is left where it is when all others are taken at once', () => {
    const queue = queueOf({ maxBatchRows: 1 }, send('a1', 7), send('b1'), send('a2', 7), send('b2'));
    queue.setAside(7, queue.takeMain());
    expect(textsOf(queue.takeAllMain())).toEqual(['b1', 'b2']);
    expect(queue.hasMain).toBe(false);
    expect(textsOf(queue.takeAside(7))).toEqual(['a1']);
    expect(textsOf(queue.takeAside(7))).toEqual(['a2']);
  });
});

test('is full by what it holds and what is under way, and says when there is room again', async () => {
  const queue = queueOf({ capacity: 2 }, send('a'), send('b'));
  queue.takeMain();
  expect([queue.size, queue.full]).toEqual([2, true]);
  const order: string[] = [];
  const waiting = ['first', 'second'].map((name) => queue.room().then(() => order.push(name)));
  await new Promise<void>((resolve) => setImmediate(resolve));
  queue.done(0);
  await new Promise<void>((resolve) => setImmediate(resolve));
  expect(order).toEqual([]);
  queue.done(1);
  await Promise.all(waiting);
  expect(order).toEqual(['first', 'second']);
  expect([queue.size, queue.full]).toEqual([1, false]);
  await queue.room();
});
