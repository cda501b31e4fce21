import { beforeEach, describe, expect, test } from '@jest/globals';
import { ParleyError } from './errors.ts';
import { SendLane } from './send-lane.ts';
import type { OutboxEntry } from './send-lane.ts';

const passing = new ParleyError('UNAVAILABLE', 'database away', { reason: 'OUTCOME_UNKNOWN' });
const follower = new ParleyError('UNAVAILABLE', 'in order', { reason: 'EARLIER_SEND_FAILED' });

describe('SendLane', () => {
  let lane: SendLane;
  let entries: OutboxEntry[];

  beforeEach(() => {
    lane = new SendLane('user:2');
    entries = ['a', 'b', 'c'].map((clientMessageId) => ({
      clientMessageId,
      target: { userId: 2 },
      content: { text: clientMessageId },
      lane,
      wasWritten: false,
      resolve: () => {},
      reject: () => {},
    }));
    for (const entry of entries) lane.push(entry);
  });

  function writeAll(): string[] {
    const written: string[] = [];
    for (let entry = lane.peek(); entry; entry = lane.peek()) {
      written.push(entry.clientMessageId);
      lane.take();
    }
    return written;
  }

  test('writes each once, in order', () => {
    expect(lane.waitMs(0)).toBe(0);
    expect(writeAll()).toEqual(['a', 'b', 'c']);
    expect(writeAll()).toEqual([]);
    for (const entry of entries) lane.remove(entry);
    expect(lane.isEmpty).toBe(true);
  });

  test('after a failure waits for every result, then for its time, then writes all again', () => {
    writeAll();
    const [a, b, c] = entries as [OutboxEntry, OutboxEntry, OutboxEntry];
    lane.failed(a, passing, 1_000, 0.5);
    lane.failed(b, follower, 1_000, 0.9);
    expect(lane.waitMs(5_000)).toBe(Infinity);
    lane.failed(c, follower, 1_000, 0.9);
    expect(lane.waitMs(1_000)).toBe(50);
    expect(lane.waitMs(1_050)).toBe(0);
    expect(writeAll()).toEqual(['a', 'b', 'c']);
  });

  test('leaves out what was answered, and keeps what the server asks to wait', () => {
    writeAll();
    const [a, b, c] = entries as [OutboxEntry, OutboxEntry, OutboxEntry];
    lane.remove(a);
    lane.failed(b, new ParleyError('RESOURCE_EXHAUSTED', '', { reason: 'RATE_LIMITED', retryAfterMs: 700 }), 0, 0);
    lane.failed(c, follower, 0, 0);
    expect(lane.waitMs(699)).toBe(1);
    expect(lane.waitMs(700)).toBe(0);
    expect(writeAll()).toEqual(['b', 'c']);
  });

  test('waits longer each time, until something is stored', () => {
    const waits = Array.from({ length: 4 }, () => {
      writeAll();
      for (const entry of entries) lane.failed(entry, entry === entries[0] ? passing : follower, 0, 0.5);
      const waitMs = lane.waitMs(0);
      lane.waitMs(waitMs);
      return waitMs;
    });
    expect(waits).toEqual([50, 100, 200, 400]);
    writeAll();
    lane.succeeded();
    for (const entry of entries) lane.failed(entry, entry === entries[0] ? passing : follower, 0, 0.5);
    expect(lane.waitMs(0)).toBe(50);
  });

  test('starts over at once when the stream is gone', () => {
    writeAll();
    lane.failed(entries[0]!, passing, 0, 0.9);
    lane.requeueAll();
    expect(lane.waitMs(0)).toBe(0);
    expect(writeAll()).toEqual(['a', 'b', 'c']);
  });
});
