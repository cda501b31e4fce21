import { describe, expect, test } from '@jest/globals';
import { ParleyError } from './errors.ts';
import type { StatusCode } from './errors.ts';
import { decide, jitteredDelayMs } from './reconnect-policy.ts';

const backoff = { baseMs: 100, capMs: 1_000 };

describe('jitteredDelayMs', () => {
  test('grows twofold up to its cap, and is anything from nothing to that', () => {
    expect([0, 1, 2, 3, 4, 5].map((failures) => jitteredDelayMs(failures, 0.5, backoff))).toEqual([
      50, 100, 200, 400, 500, 500,
    ]);
    expect(jitteredDelayMs(3, 0, backoff)).toBe(0);
    expect(jitteredDelayMs(5_000, 0.999, backoff)).toBeCloseTo(999);
  });
});

describe('decide', () => {
  const ended = (code: StatusCode, retryAfterMs?: number) => ({ error: new ParleyError(code, 'x', { retryAfterMs }) });

  test.each(['UNAVAILABLE', 'INTERNAL', 'DEADLINE_EXCEEDED', 'RESOURCE_EXHAUSTED', 'CANCELLED'] as const)(
    'comes back after %s',
    (code) => expect(decide(ended(code), 1, 0.5, backoff)).toEqual({ reconnect: true, delayMs: 100 }),
  );

  test.each([
    'UNAUTHENTICATED',
    'FAILED_PRECONDITION',
    'INVALID_ARGUMENT',
    'PERMISSION_DENIED',
    'UNIMPLEMENTED',
  ] as const)('stays away after %s, even if asked to come back', (code) => {
    const end = { ...ended(code), goAway: { reconnect: true, reconnectAfterMs: 5 } };
    expect(decide(end, 0, 0.5, backoff)).toEqual({ reconnect: false, error: end.error });
  });

  test('comes back after a stream that ended well', () => {
    expect(decide({ error: undefined }, 0, 0.5, backoff)).toEqual({ reconnect: true, delayMs: 50 });
  });

  test('waits as long as it was told, and spreads what the server did not spread', () => {
    const goAway = { reconnect: true, reconnectAfterMs: 700 };
    expect(decide({ ...ended('UNAVAILABLE'), goAway }, 0, 0.5, backoff)).toEqual({ reconnect: true, delayMs: 700 });
    expect(decide(ended('RESOURCE_EXHAUSTED', 300), 0, 0.5, backoff)).toEqual({ reconnect: true, delayMs: 350 });
  });
});
