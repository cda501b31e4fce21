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
    'ann\u202e',
    'ann\n',
    'ann\ufeff',
    'ann\ud800',
    '①②③\u20dd',
    '../etc',
    '½½½',
    'ann\u3164',
    '\u115f\u1160\uffa0',
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

test('a hostile text is refused before it is normalized, which would take minutes', () => {
  const marks = 'a' + '\u0300'.repeat(250_000) + '\u0323'.repeat(250_000);
  const startedAt = performance.now();
  expect(() => checkName(marks)).toThrow(expect.objectContaining({ reason: 'INVALID_FIELD' }));
  expect(foldName(marks)).toBe('');
  expect(performance.now() - startedAt).toBeLessThan(1_000);
  // What is hostile is so by its length alone: a name of 256 units may still become one.
  expect(foldName('a'.repeat(256))).toBe('a'.repeat(256));
  expect(foldName('a'.repeat(257))).toBe('');
});

describe('two names are the same', () => {
  test.each([
    ['Ann', 'aNN'],
    ['straße', 'STRASSE'],
    ['STRAẞE', 'straße'],
    ['Σίσυφος', 'ΣΊΣΥΦΟΣ'],
    ['σας', 'σασ'],
    ['ａｎｎ', 'ann'],
    ['ﬁona', 'FIONA'],
    ['Å', 'Å'],
    ['ⅷ', 'viii'],
    ['ı', 'I'],
    ['ΐ', 'Ϊ́'],
  ])('%s and %s', (a, b) => {
    expect(foldName(a)).toBe(foldName(b));
  });

  test('in a form that never changes: it is stored', () => {
    expect(['ANN', 'STRAẞE', 'ΣΊΣΥΦΟΣ', 'Ｆｉ'].map(foldName)).toEqual(['ann', 'strasse', 'σίσυφος', 'fi']);
  });

  test('and others are not', () => {
    expect(foldName('ann')).not.toBe(foldName('anna'));
    expect(foldName('ann.')).not.toBe(foldName('ann'));
    expect(foldName('а́nn')).not.toBe(foldName('ann'));
    // The dotted capital of Turkish keeps its dot.
    expect(foldName('İ')).not.toBe(foldName('i'));
  });

  test('folding a folded name changes nothing, and case never matters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 12 }), (name) => {
        expect(foldName(foldName(name))).toBe(foldName(name));
        expect(foldName(name.toUpperCase())).toBe(foldName(name));
      }),
    );
  });

  test('whatever letter or digit a name is made of', () => {
    const wrong: string[] = [];
    let longest = 0;
    for (let code = 0; code <= 0x10ffff; code += 1) {
      const letter = String.fromCodePoint(code);
      if (!/[\p{L}\p{Nd}]/u.test(letter)) continue;
      const folded = foldName(letter);
      const alike = [foldName(folded), foldName(letter.toUpperCase()), foldName(letter.toLowerCase())];
      if (alike.some((other) => other !== folded)) wrong.push(letter);
      for (const kept of letter.normalize('NFKC')) longest = Math.max(longest, [...foldName(kept)].length);
    }
    expect(wrong).toEqual([]);
    // The column of folded names holds 255: a name of 32 letters always fits.
    expect(longest * 32).toBeLessThanOrEqual(255);
  });
});
