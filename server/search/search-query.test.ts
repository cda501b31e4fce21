import { describe, expect, test } from '@jest/globals';

import { gramsToFind, MAX_QUERY_CHARACTERS, parseQuery } from './search-query.ts';

const words = (query: string) => parseQuery(query).map(({ characters }) => String.fromCodePoint(...characters));
const refused = (query: string) => {
  try {
    parseQuery(query);
  } catch (error) {
    return error;
  }
  throw new Error(`"${query}" was taken`);
};

describe('parseQuery', () => {
  test('gives each term once, folded', () => {
    expect(words('Tea, TÉA & 北京tea!')).toEqual(['tea', '北京']);
    expect(words('c++')).toEqual(['c', '++']);
  });

  test.each(['', ' ', '.,;!?"\'()', '\u200b', 'x'.repeat(MAX_QUERY_CHARACTERS + 1), '👍'.repeat(257)])(
    'refuses %j',
    (query) => {
      expect(refused(query)).toMatchObject({ reason: 'INVALID_FIELD', violations: [{ field: 'query' }] });
    },
  );

  test('takes as many characters as are allowed, whatever their size', () => {
    expect(words('👍'.repeat(MAX_QUERY_CHARACTERS))).toHaveLength(1);
  });
});

describe('gramsToFind', () => {
  const count = (query: string) => gramsToFind(parseQuery(query)).length;

  test.each([
    ['a word', 'category', 1],
    ['two words', 'cats dogs', 2],
    ['one character', '京', 1],
    ['two characters', '北京', 1],
    ['three characters', '北京市', 2],
    ['the same pair again and again', '哈哈哈哈哈哈', 1],
    ['many words', 'a b c d e f g h i', 6],
    ['a long run', '明天我们一起去北京看长城', 6],
    ['a long run and a word', '明天我们一起去北京看长城 great', 6],
  ])('needs few: %s', (_what, query, expected) => {
    expect(count(query)).toBe(expected);
  });

  test('the longest terms first, and each has one', () => {
    const of = (query: string) => gramsToFind(parseQuery(query));
    const [long, short] = of('a longest');
    expect([long, short]).toEqual([...of('longest'), ...of('a')]);
  });
});
