import { expect, test } from '@jest/globals';
import { uuidFromBytes, uuidToBytes } from './uuid.ts';

test('a UUID is 16 bytes, and comes back in lower case', () => {
  const uuid = '01890a5d-ac96-774b-bcce-b302099a8057';
  expect([...uuidToBytes(uuid)].slice(0, 6)).toEqual([0x01, 0x89, 0x0a, 0x5d, 0xac, 0x96]);
  expect(uuidFromBytes(uuidToBytes(uuid))).toBe(uuid);
  expect(uuidFromBytes(uuidToBytes(uuid.toUpperCase()))).toBe(uuid);
});

test.each(['', 'hello', '01890a5d-ac96-774b-bcce-b302099a805', '01890a5d-ac96-774b-bcce-b302099a80zz'])(
  'refuses %j',
  (text) => {
    expect(() => uuidToBytes(text)).toThrow(RangeError);
  },
);
