import { describe, expect, test } from '@jest/globals';

import { DomainError } from '../lib/errors.ts';
import type { Entry } from '../store/seam/entry.ts';
import { Outbox } from './outbox.ts';

const LIMITS = { maxBytes: 1_000, maxFrameBytes: 600 };

function entry(seq: number, textBytes = 72): Entry {
  return {
    conversationId: 1,
    seq,
    ordinal: seq,
    target: { kind: 'user', userId: 2 },
    senderId: 1,
    senderName: 'ann',
    clientMessageId: null,
    createdAt: 0,
    body: { kind: 'content', content: { text: 'x'.repeat(textBytes) } },
  };
}

async function seqsOf(outbox: Outbox): Promise<number[]> {
  const frame = await outbox.next();
  return frame?.type === 'deliver' ? frame.entries.map(({ seq }) => seq) : [];
}

describe('the outbox', () => {
  test('puts what is ready into one frame, up to the bytes of a frame', async () => {
    const outbox = new Outbox(LIMITS);
    for (const seq of [1, 2, 3, 4, 5]) outbox.pushEntry(entry(seq));
    expect(await seqsOf(outbox)).toEqual([1, 2, 3]);
    expect(await seqsOf(outbox)).toEqual([4, 5]);
    expect(outbox.empty).toBe(true);
  });

  test('gives an entry that is larger than a frame by itself', async () => {
    const outbox = new Outbox(LIMITS);
    outbox.pushEntry(entry(1, 5_000));
    outbox.pushEntry(entry(2));
    expect(await seqsOf(outbox)).toEqual([1]);
    expect(await seqsOf(outbox)).toEqual([2]);
  });

  test('keeps the order of entries, results and notices', async () => {
    const outbox = new Outbox(LIMITS);
    outbox.pushEntry(entry(1));
    outbox.pushNotice({ type: 'skip', conversationId: 1, fromSeq: 2, toSeq: 3 });
    outbox.pushEntry(entry(4));
    outbox.pushResult({
      ok: true,
      clientMessageId: 'a',
      receipt: { conversationId: 1, seq: 5, ordinal: 5, createdAt: 0 },
    });
    outbox.pushResult({
      ok: true,
      clientMessageId: 'b',
      receipt: { conversationId: 1, seq: 6, ordinal: 6, createdAt: 0 },
    });
    const types: (string | undefined)[] = [];
    for (let frame = 0; frame < 4; frame += 1) types.push((await outbox.next())?.type);
    expect(types).toEqual(['deliver', 'skip', 'deliver', 'results']);
    expect(outbox.empty).toBe(true);
  });

  test('is full at its bound, and says when there is room again', async () => {
    const outbox = new Outbox(LIMITS);
    for (const seq of [1, 2, 3, 4, 5]) outbox.pushEntry(entry(seq));
    expect(outbox.full).toBe(true);
    let entered = false;
    const room = outbox.room().then(() => (entered = true));
    await Promise.resolve();
    expect(entered).toBe(false);
    await outbox.next();
    await room;
    expect(outbox.full).toBe(false);
  });

  test('is nearly empty once less than a frame waits', async () => {
    const outbox = new Outbox(LIMITS);
    for (const seq of [1, 2, 3, 4, 5, 6]) outbox.pushEntry(entry(seq));
    let entered = false;
    const nearlyEmpty = outbox.nearlyEmpty().then(() => (entered = true));
    await seqsOf(outbox);
    // There is room by now, but a whole frame waits still.
    await outbox.room();
    await Promise.resolve();
    expect(entered).toBe(false);
    await seqsOf(outbox);
    await nearlyEmpty;
    const closed = new Outbox(LIMITS);
    for (const seq of [1, 2, 3, 4, 5]) closed.pushEntry(entry(seq));
    const released = closed.nearlyEmpty();
    closed.close();
    await released;
  });

  test('counts what a result gives back of its message', () => {
    const outbox = new Outbox(LIMITS);
    const error = new DomainError('INVALID_FIELD', 'a UUID');
    outbox.pushResult({ ok: false, clientMessageId: 'x'.repeat(1_000), error });
    expect(outbox.full).toBe(true);
  });

  test('wakes whoever waits for a frame', async () => {
    const outbox = new Outbox(LIMITS);
    const next = outbox.next();
    outbox.pushNotice({ type: 'caught-up' });
    expect(await next).toEqual({ type: 'caught-up' });
  });

  test('once closed, gives what is left, then nothing, and takes nothing in', async () => {
    const outbox = new Outbox(LIMITS);
    outbox.pushNotice({ type: 'caught-up' });
    outbox.close();
    outbox.pushNotice({ type: 'caught-up' });
    expect(await outbox.next()).toEqual({ type: 'caught-up' });
    expect(await outbox.next()).toBeUndefined();
  });

  test('closing lets in whoever waits for room or for a frame', async () => {
    const full = new Outbox({ maxBytes: 1, maxFrameBytes: 1 });
    full.pushEntry(entry(1));
    const room = full.room();
    full.close();
    await room;
    const idle = new Outbox(LIMITS);
    const next = idle.next();
    idle.close();
    expect(await next).toBeUndefined();
  });
});
