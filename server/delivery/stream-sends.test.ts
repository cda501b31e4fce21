import { describe, expect, test } from '@jest/globals';

import { StreamSends } from './stream-sends.ts';

const to = (userId: number) => ({ kind: 'user', userId }) as const;

describe('the sends of a stream', () => {
  test('to one target have one lane, as long as one of them is open', () => {
    const sends = new StreamSends();
    const lane = sends.started(to(1));
    expect(sends.started(to(1))).toBe(lane);
    expect(sends.started({ kind: 'group', groupId: 1 })).not.toBe(lane);
    sends.finished(to(1));
    sends.finished(to(1));
    expect(sends.started(to(1))).not.toBe(lane);
  });

  test('keep a lane with a failed send', () => {
    const sends = new StreamSends();
    const lane = sends.started(to(1));
    lane.failedId = 'x';
    sends.finished(to(1));
    expect(sends.started(to(1))).toBe(lane);
  });

  test('are bounded in their targets, and what is finished makes room', () => {
    const sends = new StreamSends();
    for (let id = 1; id <= 10_000; id += 1) sends.started(to(id));
    expect(() => sends.started(to(10_001))).toThrow(expect.objectContaining({ reason: 'OVERLOADED' }));
    sends.finished(to(5));
    sends.started(to(10_001));
  });

  test('are settled when each has its result', async () => {
    const sends = new StreamSends();
    sends.started(to(1));
    sends.started(to(2));
    let settled = false;
    const all = sends.settled().then(() => (settled = true));
    sends.finished(to(1));
    await Promise.resolve();
    expect(settled).toBe(false);
    sends.finished(to(2));
    await all;
  });
});
