import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';

import { foldText } from './fold-text.ts';
import { gramsOf } from './grams.ts';
import { type Highlight, TextMatcher } from './match-text.ts';
import { runsOf } from './runs.ts';
import { gramsToFind, parseQuery } from './search-query.ts';

const match = (query: string, text: string) => new TextMatcher(parseQuery(query)).match(text);

const cut = (text: string, { start, length }: Highlight) => [...text].slice(start, start + length).join('');

/** The parts of the text that match; null where it is not found. */
const parts = (query: string, text: string) => match(query, text)?.map((highlight) => cut(text, highlight)) ?? null;

describe('a query', () => {
  test.each<[string, string, string, string[] | null]>([
    ['a word', 'cat', 'A cat.', ['cat']],
    ['the beginning of a word', 'cat', 'Category theory', ['Cat']],
    ['not the middle of a word', 'cat', 'to concatenate', null],
    ['not the end of a word', 'cat', 'a bobcat', null],
    ['not more than there is', 'category', 'the cat', null],
    ['all words, in any order', 'dog cat', 'a cat and a dog', ['cat', 'dog']],
    ['not only some of the words', 'cat dog', 'a cat', null],
    ['a word wherever it is', 'cat', 'cat, CAT; cats', ['cat', 'CAT', 'cat']],
    ['overlapping words as one part', 'cat category', 'category', ['category']],
    ['words between punctuation', 'example.com', 'mail ann@example.com', ['example', 'com']],
    ['digits', '42', 'room 42b', ['42']],
    ['diacritics that only the text has', 'zurich', 'in Zürich', ['Zürich']],
    ['diacritics that only the query has', 'Zürich', 'in Zurich', ['Zurich']],
    ['a decomposed text', 'café', 'Cafe\u0301 now', ['Cafe\u0301']],
    ['German, by ss', 'strasse', 'Hauptweg, Straße 1', ['Straße']],
    ['German, by ß', 'Straße', 'STRASSE', ['STRASSE']],
    ['a part of ß as all of it', 'stras', 'Straße', ['Straß']],
    ['Turkish dotted i', 'istanbul', 'İSTANBUL', ['İSTANBUL']],
    ['Turkish dotless i', 'ısparta', 'ISPARTA', ['ISPARTA']],
    ['a final sigma', 'ΟΔΟΣ', 'η οδός', ['οδός']],
    ['Russian', 'ёлка', 'ЕЛКА и мед', ['ЕЛКА']],
    ['Russian, a beginning', 'мос', 'Москва', ['Мос']],
    ['Arabic without harakat', 'محمد', 'مُحَمَّد هنا', ['مُحَمَّد']],
    ['Arabic with harakat', 'مُحَمَّد', 'محمد', ['محمد']],
    ['Hebrew without points', 'שלום', 'שָׁלוֹם לך', ['שָׁלוֹם']],
    ['one Chinese character', '北', '明天去北京', ['北']],
    ['two Chinese characters', '北京', '明天去北京', ['北京']],
    ['more Chinese characters', '天去北', '明天去北京', ['天去北']],
    ['not Chinese characters apart', '明京', '明天去北京', null],
    ['Chinese characters apart, as two words', '明 京', '明天去北京', ['明', '京']],
    ['Latin within Chinese', 'iphone', '我的iPhone手机', ['iPhone']],
    ['Latin with Chinese', 'iPhone手机', '手机是iPhone', ['手机', 'iPhone']],
    ['a word that begins after Chinese', 'pho', '我的iPhone手机', null],
    ['kana', 'か', 'たかい', ['か']],
    ['not kana with dakuten for those without', 'か', 'たがい', null],
    ['not kana without dakuten for those with', 'が', 'たかい', null],
    ['katakana of half width', 'ガラス', 'ｶﾞﾗｽです', ['ｶﾞﾗｽ']],
    ['a long vowel as a part of the word', 'ーヒ', 'コーヒー', ['ーヒ']],
    ['Korean, a beginning', '학교', '학교에서', ['학교']],
    ['Korean, not the middle', '교에', '학교에서', null],
    ['Korean, decomposed text', '학교', '학교에서'.normalize('NFD'), ['학교'.normalize('NFD')]],
    ['Korean, decomposed query', '학교'.normalize('NFD'), '학교에서', ['학교']],
    ['Thai, anywhere', 'ไทย', 'ภาษาไทยง่าย', ['ไทย']],
    ['Thai, not another vowel', 'ที', 'ทา', null],
    ['an emoji', '🎉', 'party 🎉🎉', ['🎉🎉']],
    ['a joined emoji', '👨‍👩‍👧', 'my 👨‍👩‍👧!', ['👨‍👩‍👧']],
    ['what a joined emoji begins with', '👨', 'my 👨‍👩‍👧!', ['👨‍👩‍👧']],
    ['not what is within a joined emoji', '👧', 'my 👨‍👩‍👧!', null],
    ['an emoji without its skin tone', '👍', '👍🏽', ['👍🏽']],
    ['not an emoji without the skin tone asked for', '👍🏽', '👍', null],
    ['a flag', '🇩🇪', 'go 🇩🇪!', ['🇩🇪']],
    ['not a flag out of two', '🇩🇪', '🇦🇩🇪🇸', null],
    ['symbols', 'c++', 'C++ or C', ['C++', 'C']],
    ['full-width Latin', 'abc', 'ＡＢＣ', ['ＡＢＣ']],
    ['by full-width Latin', 'ａｂｃ', 'Abc', ['Abc']],
    ['nothing in an empty text', 'x', '', null],
  ])('finds %s', (_what, query, text, expected) => {
    expect(parts(query, text)).toEqual(expected);
  });
});

/** Alphabets of several scripts: few characters, so that there is much to confuse. */
const ALPHABETS = [
  'abAé ',
  'aß ss-',
  'иИйЙ ё',
  '北京東 a',
  'かがカｶﾞー',
  'ก็ที่ไน',
  '가각ㄱ 하',
  '👍🏽🇩🇪👩‍💻',
  'شُ م ـ',
  'Σσς ο',
  'c+=1 ²',
];
const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });
const split = (text: string) => Array.from(graphemes.segment(text), ({ segment }) => segment);

const hasSomething = (query: string) => runsOf(foldText(query).characters).length > 0;

/** Graphemes of one or two of them. */
const letters = fc
  .uniqueArray(fc.constantFrom(...ALPHABETS), { minLength: 1, maxLength: 2 })
  .map((alphabets) => split(alphabets.join('')));
const textOf = (graphemesOf: readonly string[], maxLength: number) =>
  fc.array(fc.constantFrom(...graphemesOf), { maxLength }).map((text) => text.join(''));
const anyText = letters.chain((graphemesOf) => textOf(graphemesOf, 20));
const textAndQuery = letters.chain((graphemesOf) =>
  fc.record({ text: textOf(graphemesOf, 20), query: textOf(graphemesOf, 4).filter(hasSomething) }),
);

/** What a query means, as plainly as it can be said: tried at every place, without an index. */
function bruteForce(query: string, text: string): boolean {
  const hay = foldText(text);
  const needle = foldText(query);
  return runsOf(needle.characters).every((wanted) => {
    const term = needle.characters.slice(wanted.from, wanted.to).join();
    return runsOf(hay.characters).some(({ kind, from, to }) => {
      if (kind !== wanted.kind) return false;
      const places = Array.from({ length: to - from }, (_, index) => from + index).filter(
        (place) =>
          kind === 'unspaced' || place === from || (kind === 'symbol' && hay.starts[place] !== hay.starts[place - 1]),
      );
      const length = wanted.to - wanted.from;
      return places.some((at) => at + length <= to && hay.characters.slice(at, at + length).join() === term);
    });
  });
}

describe('whatever the text', () => {
  test('a query matches where brute force finds it, and the index never misses such a text', () => {
    let matched = 0;
    fc.assert(
      fc.property(textAndQuery, ({ text, query }) => {
        const isThere = bruteForce(query, text);
        expect(match(query, text) !== null).toBe(isThere);
        if (!isThere) return;
        matched += 1;
        const indexed = new Set(gramsOf(text));
        expect(gramsToFind(parseQuery(query)).filter((gram) => !indexed.has(gram))).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
    expect(matched).toBeGreaterThan(200);
  });

  test('a part of it that begins where a word does is found, and the highlights cut it out', () => {
    const cutOut = fc.record({ text: anyText, from: fc.nat(), length: fc.integer({ min: 1, max: 6 }) });
    fc.assert(
      fc.property(cutOut, ({ text, from, length }) => {
        const all = split(text);
        const begin = all.length === 0 ? 0 : from % all.length;
        const part = all.slice(begin, begin + length).join('');
        const before = all.slice(0, begin).join('');
        fc.pre(hasSomething(part) && split(before + part).length === split(before).length + split(part).length);
        const first = runsOf(foldText(part).characters)[0]!;
        const last = runsOf(foldText(before).characters).at(-1);
        const goesOn = last?.kind === 'word' && first.kind === 'word' && last.to === foldText(before).characters.length;
        fc.pre(!(goesOn && first.from === 0));

        const highlights = match(part, text);
        expect(highlights).not.toBeNull();
        for (const [index, { start, length: count }] of highlights!.entries()) {
          const previous = highlights![index - 1];
          if (previous) expect(start).toBeGreaterThan(previous.start + previous.length);
          expect(count).toBeGreaterThan(0);
        }
        // Every character of the part that counts is in a highlight where it was cut out.
        const offset = [...before].length;
        const { starts } = foldText(part);
        for (const run of runsOf(foldText(part).characters)) {
          for (const at of starts.slice(run.from, run.to)) {
            expect(
              highlights!.some(({ start, length: count }) => start <= offset + at && offset + at < start + count),
            ).toBe(true);
          }
        }
        // And what is highlighted matches: all of it together is found by the query.
        expect(match(part, highlights!.map((highlight) => cut(text, highlight)).join('\n'))).not.toBeNull();
      }),
      { numRuns: 2_000 },
    );
  });
});
