import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';

import { countCodePoints, foldText } from './fold-text.ts';

const folded = (text: string) => String.fromCodePoint(...foldText(text).characters);

describe('folding', () => {
  test.each([
    ['case', 'CaT', 'cat'],
    ['diacritics', 'Ångström Žižek Đorđe', 'angstrom zizek dorde'],
    ['diacritics, decomposed', 'A\u030angstro\u0308m', 'angstrom'],
    ['strokes and ligatures', 'Łódź Ærøskøbing ﬁnal œuvre', 'lodz aeroskobing final oeuvre'],
    ['sharp s, small and capital', 'Straße GROẞ', 'strasse gross'],
    ['both Turkish i', 'İstanbul ışık ISPARTA', 'istanbul isik isparta'],
    ['every sigma', 'ΟΔΥΣΣΕΥΣ Ὀδυσσεύς', 'οδυσσευσ οδυσσευσ'],
    ['Greek accents and iota', 'ᾠδή ΐ', 'ωδη ι'],
    ['Russian', 'Ёжик Йод', 'ежик иод'],
    ['Hebrew points', 'שָׁלוֹם', 'שלום'],
    ['Arabic harakat and the tatweel', 'مُحَمَّدٌ محـــمد', 'محمد محمد'],
    ['width of Latin', 'ＡＢＣ１２３', 'abc123'],
    ['width of katakana', 'ｶﾞﾊﾟｱ', 'ガパア'],
    ['compatibility forms', 'x² ½ ㍿', 'x2 1⁄2 株式会社'],
    ['what is shown as nothing', 'soft\u00adware\u200b zero\u200dwidth\ufeff', 'software zerowidth'],
  ])('of %s', (_what, text, expected) => {
    expect(folded(text)).toBe(expected);
  });

  test.each([
    ['dakuten of kana', 'がはばぱ', 'がはばぱ'],
    ['dakuten of kana, decomposed', 'が'.normalize('NFD'), 'が'],
    ['Hangul', '한국어', '한국어'],
    ['Hangul, decomposed', '한국어'.normalize('NFD'), '한국어'],
    ['Thai vowel signs and tones', 'ที่นี่', 'ที่นี่'],
    ['Devanagari vowel signs', 'हिन्दी', 'हिन्दी'],
    ['the hamza of an alef', 'أحمد', 'أحمد'],
    ['skin tones', '👍🏽', '👍🏽'],
    ['the tags of flags', '\u{1f3f4}\u{e0067}\u{e007f}', '\u{1f3f4}\u{e0067}\u{e007f}'],
  ])('keeps %s', (_what, text, expected) => {
    expect(folded(text)).toBe(expected);
  });

  test('tells from which grapheme each character comes', () => {
    // A, ﬁ as one, a letter with a combining mark, and a family of three.
    const { characters, starts, ends } = foldText('Aﬁe\u0301👨\u200d👩\u200d👧!');
    expect(String.fromCodePoint(...characters)).toBe('afie👨👩👧!');
    expect(starts).toEqual([0, 1, 1, 2, 4, 4, 4, 9]);
    expect(ends).toEqual([1, 2, 2, 4, 9, 9, 9, 10]);
  });

  // Unicode of any kind, with a lot of what folding is about.
  const anyText = fc.array(
    fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 4 }),
      fc.constantFrom('ß', 'İ', 'Σ', 'ﬁ', 'ｶﾞ', '각'.normalize('NFD'), '👩‍💻', '🇩🇪', 'é', '\u200b', 'ﷺ', ' '),
    ),
  );

  test('is stable, and its parts cover the text in order', () => {
    fc.assert(
      fc.property(anyText, (parts) => {
        const text = parts.join('');
        const { characters, starts, ends } = foldText(text);
        expect(folded(folded(text))).toBe(folded(text));
        expect([starts.length, ends.length]).toEqual([characters.length, characters.length]);
        for (const [index, start] of starts.entries()) {
          expect(start).toBeGreaterThanOrEqual(starts[index - 1] ?? 0);
          expect(ends[index]).toBeGreaterThan(start);
          expect(ends[index]).toBeLessThanOrEqual(countCodePoints(text));
        }
      }),
    );
  });

  test('of a text in ASCII is the same on the short way', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii' }), (text) => {
        // One grapheme more takes the long way.
        const long = foldText(`${text}|é`);
        const { characters, starts, ends } = foldText(text);
        if (text.includes('\r\n')) return;
        expect({ characters, starts, ends }).toEqual({
          characters: long.characters.slice(0, -2),
          starts: long.starts.slice(0, -2),
          ends: long.ends.slice(0, -2),
        });
      }),
    );
  });
});
