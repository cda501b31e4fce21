import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';

import { checkName, foldName } from './name-rules.ts';

describe('a name', () => {
  test.each(['ann', 'Ann-Marie', 'a.b_c-d', '张伟三', 'жанна', 'x'.repeat(32), '𝒜nn', '٣٤٥'])('may be %s', (name) => {
    expect(checkName(name)).toBe(name.normalize('NFKC'));
  });

  test.each([
    '',
    'ab',
    'x'.repeat(33),
    'ann marie',
    'ann@home',
    'ann\u0000',
    '🦊🦊🦊',
    'a\u200dnn',
    'a\u0301\u0301nn',
    '../etc',
    '½½½',
  ])('may not be %j', (name) => {
    expect(() => checkName(name)).toThrow(expect.objectContaining({ reason: 'INVALID_FIELD' }));
  });

  test('is measured in code points, after NFKC', () => {
    expect(checkName('𠀀𠀁𠀂')).toBe('𠀀𠀁𠀂');
    // One ligature is three letters.
    expect(checkName('ﬃ')).toBe('ffi');
    expect(() => checkName('ﬃ'.repeat(11))).toThrow(expect.objectContaining({ reason: 'INVALID_FIELD' }));
  });
});

describe('two names are the same', () => {
  test.each([
    ['Ann', 'aNN'],
    ['straße', 'STRASSE'],
    ['Σίσυφος', 'ΣΊΣΥΦΟΣ'],
    ['σας', 'σασ'],
    ['ａｎｎ', 'ann'],
    ['ﬁona', 'FIONA'],
    ['Å', 'Å'],
    ['ⅷ', 'viii'],
  ])('%s and %s', (a, b) => {
    expect(foldName(a)).toBe(foldName(b));
  });

  test('and others are not', () => {
    expect(foldName('ann')).not.toBe(foldName('anna'));
    expect(foldName('ann.')).not.toBe(foldName('ann'));
    expect(foldName('а́nn')).not.toBe(foldName('ann'));
  });

  test('folding a folded name changes nothing, and case never matters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 12 }), (name) => {
        expect(foldName(foldName(name))).toBe(foldName(name));
        expect(foldName(name.toUpperCase())).toBe(foldName(name));
      }),
    );
  });
});
