import { beforeEach, describe, expect, test } from '@jest/globals';

import type { Clock } from '../lib/clock.ts';
import type { DomainError } from '../lib/errors.ts';
import { Liveness } from './liveness.ts';

const OPTIONS = { helloTimeoutMs: 10_000, heartbeatMs: 1_000, heartbeatMisses: 3, slowConsumerMs: 5_000 };
const UP = { welcomed: true, outboxEmpty: true };

describe('liveness', () => {
  let now: number;
  let liveness: Liveness;

  beforeEach(() => {
    now = 0;
    const clock: Clock = { now: () => NaN, monotonic: () => now, after: () => ({ cancel: () => undefined }) };
    liveness = new Liveness(clock, OPTIONS);
  });

  const reasonAt = (at: number, state: { welcomed: boolean; outboxEmpty: boolean }) => {
    now = at;
    const verdict = liveness.judge(state);
    return verdict === null || verdict === 'beat' ? verdict : (verdict satisfies DomainError).reason;
  };

  test('a stream has until the hello timeout to say hello', () => {
    expect(reasonAt(10_000, { welcomed: false, outboxEmpty: true })).toBeNull();
    expect(reasonAt(10_001, { welcomed: false, outboxEmpty: true })).toBe('HELLO_TIMEOUT');
  });

  test('any frame counts as life; past the misses the stream has to end', () => {
    now = 2_000;
    liveness.received();
    liveness.written();
    expect(reasonAt(5_000, UP)).toBe('beat');
    expect(reasonAt(5_001, UP)).toBe('HEARTBEAT_TIMEOUT');
  });

  test('the server is heard once an interval', () => {
    now = 500;
    liveness.received();
    liveness.written();
    expect(reasonAt(1_499, UP)).toBeNull();
    expect(reasonAt(1_500, UP)).toBe('beat');
    liveness.written();
    expect(reasonAt(2_400, UP)).toBeNull();
  });

  test('a peer that accepts nothing for too long is slow, one that had nothing to accept is not', () => {
    now = 20_000;
    liveness.received();
    expect(reasonAt(20_000, UP)).toBe('beat');
    const waiting = { welcomed: true, outboxEmpty: false };
    now = 22_000;
    liveness.received();
    expect(reasonAt(24_000, waiting)).toBeNull();
    liveness.written();
    now = 28_000;
    liveness.received();
    expect(reasonAt(29_000, waiting)).toBeNull();
    expect(reasonAt(29_001, waiting)).toBe('SLOW_CONSUMER');
  });
});
