import { expect, test } from '@jest/globals';

import { fromNumber, toId, toSeq } from './ids.ts';

const MAX = 2n ** 53n - 1n;

test('ids and seqs go through as they are, up to 2^53 − 1', () => {
  expect([toId(1n, 'id'), toId(MAX, 'id'), toSeq(0n, 'seq'), toSeq(MAX, 'seq')]).toEqual([
    1,
    Number.MAX_SAFE_INTEGER,
    0,
    Number.MAX_SAFE_INTEGER,
  ]);
  expect(fromNumber(Number.MAX_SAFE_INTEGER)).toBe(MAX);
});

test.each([0n, -1n, MAX + 1n, 2n ** 63n - 1n, -(2n ** 63n)])('%s is no id, and says so of its field', (value) => {
  const refused = { reason: 'INVALID_FIELD', violations: [{ field: 'user_id', description: expect.any(String) }] };
  expect(() => toId(value, 'user_id')).toThrow(expect.objectContaining(refused));
});

test.each([-1n, MAX + 1n])('%s is no seq', (value) => {
  expect(() => toSeq(value, 'seq')).toThrow(expect.objectContaining({ reason: 'INVALID_FIELD' }));
});
