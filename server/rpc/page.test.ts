import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';

import { pageById, pageLimit, readPageToken, writePageToken } from './page.ts';

const SIZES = { fallback: 10, max: 50 };
const request = (pageSize: number, pageToken = '') => ({ pageSize, pageToken });

describe('the size of a page', () => {
  test.each([
    [0, 10],
    [1, 1],
    [50, 50],
    [51, 50],
    [2_147_483_647, 50],
  ])('%i asked for is %i', (pageSize, limit) => {
    expect(pageLimit(request(pageSize), SIZES)).toBe(limit);
  });

  test('is never negative', () => {
    expect(() => pageLimit(request(-1), SIZES)).toThrow(expect.objectContaining({ reason: 'INVALID_FIELD' }));
  });
});

describe('a page token', () => {
  test('comes back as it was written, to the rpc that wrote it', () => {
    expect(readPageToken('List', request(0, writePageToken('List', [7, 9])), 2)).toEqual([7, 9]);
    expect(readPageToken('List', request(0), 2)).toBeUndefined();
  });

  test.each([
    ['of another rpc', writePageToken('Other', [7])],
    ['with another number of numbers', writePageToken('List', [7, 9])],
    ['with a negative number', writePageToken('List', [-7])],
    ['with a fraction', writePageToken('List', [0.5])],
    ['with a number too large', writePageToken('List', [2 ** 53])],
    ['that is no token', '%%%'],
    ['with no number', Buffer.from('List:').toString('base64url')],
    ['with a number written otherwise', Buffer.from('List:0x7').toString('base64url')],
    ['with a space', Buffer.from('List: 7').toString('base64url')],
    ['with something after it', `${writePageToken('List', [7])}!`],
    ['in another alphabet', `${writePageToken('List', [7])}=`],
    ['that is very long', 'x'.repeat(100_000)],
  ])('%s is refused', (_what, token) => {
    expect(() => readPageToken('List', request(0, token), 1)).toThrow(
      expect.objectContaining({ reason: 'INVALID_PAGE_TOKEN' }),
    );
  });
});

test.each(['7:NaN', 'NaN:7', '7:-1', '7:0.5', '7:9007199254740992', '7:'])(
  'every number of a token counts: %s is refused',
  (numbers) => {
    const token = Buffer.from(`List:${numbers}`).toString('base64url');
    expect(() => readPageToken('List', request(0, token), 2)).toThrow(
      expect.objectContaining({ reason: 'INVALID_PAGE_TOKEN' }),
    );
  },
);

test('pages by id give everything once, whatever their size', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.integer({ min: 1, max: 100 })),
      fc.integer({ min: 1, max: 20 }),
      async (ids, size) => {
        const all = ids.toSorted((a, b) => a - b);
        const read = async ({ afterId, limit }: { afterId: number; limit: number }) =>
          all.filter((id) => id > afterId).slice(0, limit);
        const given: number[] = [];
        let pages = 0;
        let pageToken = '';
        do {
          pages += 1;
          const page = await pageById('List', request(size, pageToken), SIZES, read, (id) => id);
          expect(page.items.length).toBeLessThanOrEqual(size);
          given.push(...page.items);
          pageToken = page.nextPageToken;
        } while (pageToken !== '');
        expect(given).toEqual(all);
        // The last page says that it is the last.
        expect(pages).toBe(Math.max(1, Math.ceil(all.length / size)));
      },
    ),
  );
});
