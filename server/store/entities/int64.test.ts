import { describe, expect, test } from '@jest/globals';
import { int64, toSafeInteger } from './int64.ts';

describe('a 64-bit integer column', () => {
  test.each([
    [7, 7],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ['0', 0],
  ])('reads %p', (stored, number) => {
    expect(toSafeInteger(stored)).toBe(number);
    expect(int64.transformer.from(stored)).toBe(number);
  });

  test.each(['9007199254740993', '1.5', 'many', NaN])('refuses %p', (stored) => {
    expect(() => toSafeInteger(stored)).toThrow(RangeError);
  });

  test('leaves alone what is not there, and what is written', () => {
    expect(int64.transformer.from(null)).toBeNull();
    expect(int64.transformer.from(undefined)).toBeUndefined();
    expect(int64.transformer.to(5)).toBe(5);
  });
});
