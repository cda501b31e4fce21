import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SeqRanges } from './seq-ranges.ts';

describe('SeqRanges', () => {
  test('holds what was added, like a plain set', () => {
    const range = fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 6 }));
    fc.assert(
      fc.property(fc.array(range), fc.integer({ min: 0, max: 50 }), (added, removedUpTo) => {
        const ranges = new SeqRanges();
        const set = new Set<number>();
        for (const [from, length] of added) {
          ranges.add(from, from + length);
          for (let seq = from; seq <= from + length; seq += 1) set.add(seq);
        }
        ranges.removeUpTo(removedUpTo);
        const expected = [...set].filter((seq) => seq > removedUpTo).sort((a, b) => a - b);
        expect(Array.from({ length: 60 }, (_, seq) => seq).filter((seq) => ranges.has(seq))).toEqual(expected);
        expect([ranges.first, ranges.last]).toEqual([expected[0], expected.at(-1)]);
        for (const seq of expected) {
          let end = seq;
          while (expected.includes(end + 1)) end += 1;
          expect(ranges.endOf(seq)).toBe(end);
        }
      }),
    );
  });
});
