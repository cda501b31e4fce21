import { expect, test } from '@jest/globals';

import { TransferSlots } from './transfer-slots.ts';

const OVERLOADED = expect.objectContaining({ reason: 'OVERLOADED', retryAfterMs: expect.any(Number) });

test('a user has so many slots, and all users together', () => {
  const slots = new TransferSlots({ perUser: 2, total: 3 });
  const first = slots.take(1);
  slots.take(1);
  expect(() => slots.take(1)).toThrow(OVERLOADED);
  const third = slots.take(2);
  expect(() => slots.take(3)).toThrow(OVERLOADED);
  third[Symbol.dispose]();
  slots.take(3);
  first[Symbol.dispose]();
  slots.take(1);
  expect(() => slots.take(2)).toThrow(OVERLOADED);
});
