import { randomBytes } from 'node:crypto';

import { beforeAll, describe, expect, test } from '@jest/globals';

import { BlobDiffers, type Blobs } from '../../server/blobs/blobs.ts';

const PART = 1_048_576;

/** What every implementation of the blobs must do. `open` gives one that is empty. */
export function blobsConformance(name: string, open: () => Promise<Blobs>): void {
  describe(name, () => {
    let blobs: Blobs;
    beforeAll(async () => {
      blobs = await open();
    });

    test.each([1, 5, PART])('gives %d bytes as they were put', async (length) => {
      const bytes = randomBytes(length);
      await blobs.put(`length/${length}`, bytes);
      const got = await blobs.get(`length/${length}`);
      expect(Buffer.compare(got!, bytes)).toBe(0);
      expect(Buffer.compare((await blobs.get(`length/${length}`))!, bytes)).toBe(0);
    });

    test('keeps what was put, whatever becomes of the array that it was put from or got in', async () => {
      const bytes = Buffer.from('as it was');
      await blobs.put('array', bytes);
      bytes.fill(0);
      (await blobs.get('array'))!.fill(0);
      expect(String(await blobs.get('array'))).toBe('as it was');
    });

    test('has nothing under a key that nothing was put under', async () => {
      await blobs.put('near/1', Buffer.from('one'));
      for (const key of ['near', 'near/2', 'near/11', 'near-1']) expect(await blobs.get(key)).toBeUndefined();
    });

    test('takes the same bytes again, and keeps them where others come', async () => {
      await blobs.put('again', Buffer.from('first'));
      await blobs.put('again', Buffer.from('first'));
      for (const other of ['fist', 'first ', 'FIRST']) {
        await expect(blobs.put('again', Buffer.from(other))).rejects.toThrow(BlobDiffers);
      }
      expect(String(await blobs.get('again'))).toBe('first');
    });

    test('of puts at once with the same bytes all succeed; with other bytes one wins', async () => {
      const bytes = randomBytes(PART);
      await Promise.all([1, 2, 3].map(() => blobs.put('race/same', bytes)));

      const contestants = [1, 2, 3, 4].map(() => randomBytes(PART));
      const results = await Promise.allSettled(contestants.map((own) => blobs.put('race/other', own)));
      const winner = results.findIndex(({ status }) => status === 'fulfilled');
      expect(results.filter(({ status }) => status === 'rejected')).toEqual(
        Array(3).fill({ status: 'rejected', reason: expect.any(BlobDiffers) }),
      );
      expect(Buffer.compare((await blobs.get('race/other'))!, contestants[winner]!)).toBe(0);
    });

    test('deletes many at once, those that are not there too; the key is free then', async () => {
      for (const n of [1, 2, 3]) await blobs.put(`many/${n}`, Buffer.from(`${n}`));
      await blobs.delete(['many/1', 'many/9', 'many/3', 'many/1']);
      await blobs.delete([]);
      expect(await Promise.all([1, 2, 3].map((n) => blobs.get(`many/${n}`)))).toEqual([
        undefined,
        Buffer.from('2'),
        undefined,
      ]);
      await blobs.put('many/1', Buffer.from('another'));
      expect(String(await blobs.get('many/1'))).toBe('another');
    });

    test.each(['', '/', 'a/', '/a', '../a', 'a/../b', 'a.b', 'a//b', 'a b', 'a\0', 'ä'])(
      '%j is no key',
      async (key) => {
        await expect(blobs.put(key, Buffer.from('x'))).rejects.toThrow(RangeError);
        await expect(blobs.get(key)).rejects.toThrow(RangeError);
        await expect(blobs.delete([key])).rejects.toThrow(RangeError);
      },
    );
  });
}
