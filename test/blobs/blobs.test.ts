import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { BlobDamaged, BlobsUnavailable } from '../../server/blobs/blobs.ts';
import { BlobsConfigurationError, DiskBlobs } from '../../server/blobs/disk-blobs.ts';
import { MemoryBlobs } from '../../server/blobs/memory-blobs.ts';
import { makeTempFolder, removeTempFolder } from '../setup/temp-folder.ts';
import { blobsConformance } from './blobs-conformance.ts';

let folder: string;
beforeAll(async () => {
  folder = await makeTempFolder('blobs');
});
afterAll(() => removeTempFolder(folder));

blobsConformance('blobs in memory', async () => new MemoryBlobs());
blobsConformance('blobs on disk', () => DiskBlobs.open(join(folder, 'conformance')));

describe('blobs on disk', () => {
  /** The files below a folder, without their folders, as paths. */
  const filesIn = async (path: string) => {
    const found = await readdir(path, { recursive: true, withFileTypes: true });
    return found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  };

  test('are still there when the folder is opened again, and are all that is there', async () => {
    const path = join(folder, 'deep/er/again');
    const bytes = randomBytes(100_000);
    await (await DiskBlobs.open(path)).put('7/0', bytes);
    const again = await DiskBlobs.open(path);
    expect(Buffer.compare((await again.get('7/0'))!, bytes)).toBe(0);
    await expect(again.put('7/0', Buffer.from('other'))).rejects.toThrow();
    expect(await filesIn(path)).toHaveLength(1);
    await again.delete(['7/0']);
    expect(await filesIn(path)).toEqual([]);
  });

  test.each([
    [
      'a flipped bit',
      async (file: string) =>
        writeFile(
          file,
          (await readFile(file)).map((byte, at) => (at === 99 ? byte ^ 1 : byte)),
        ),
    ],
    ['a lost end', (file: string) => truncate(file, 5_000)],
    ['nothing in it', (file: string) => truncate(file, 0)],
    ['something appended', (file: string) => writeFile(file, 'x', { flag: 'a' })],
  ])('with %s are an error, never other bytes', async (what, damage) => {
    const path = join(folder, what.replaceAll(' ', '-'));
    const blobs = await DiskBlobs.open(path);
    await blobs.put('1/0', randomBytes(10_000));
    const [file] = await filesIn(path);
    await damage(file!);
    await expect(blobs.get('1/0')).rejects.toThrow(BlobDamaged);
  });

  test('what a crash left half-written is removed an hour later, and never taken for a blob', async () => {
    const path = join(folder, 'crashed');
    await DiskBlobs.open(path);
    const [old, recent] = [join(path, 'tmp/old'), join(path, 'tmp/recent')];
    for (const file of [old, recent]) await writeFile(file, 'half of a b');
    const twoHoursAgo = Date.now() / 1_000 - 7_200;
    await utimes(old, twoHoursAgo, twoHoursAgo);
    await DiskBlobs.open(path);
    expect(await filesIn(path)).toEqual([recent]);
  });

  test('a folder that several open at once is fine for all of them', async () => {
    const path = join(folder, 'shared');
    for (let round = 0; round < 5; round += 1) {
      await Promise.all(Array.from({ length: 20 }, () => DiskBlobs.open(path)));
    }
    expect(await filesIn(path)).toEqual([]);
  });

  test('a folder that can not be written is refused in words', async () => {
    await writeFile(join(folder, 'file'), 'this is no folder');
    const refused = DiskBlobs.open(join(folder, 'file/attachments'));
    await expect(refused).rejects.toThrow(BlobsConfigurationError);
    await expect(refused).rejects.toThrow(/the folder for attachments can't be written: .*file/);
  });

  test('that can not be reached are unavailable, not gone', async () => {
    const path = join(folder, 'unreachable');
    const blobs = await DiskBlobs.open(path);
    await blobs.put('1/0', Buffer.from('here'));
    const [file] = await filesIn(path);
    await blobs.delete(['1/0']);
    await mkdir(file!);
    await expect(blobs.get('1/0')).rejects.toThrow(BlobsUnavailable);
    await expect(blobs.put('1/0', Buffer.from('x'))).rejects.toThrow(BlobsUnavailable);
    await expect(blobs.delete(['1/0'])).rejects.toThrow(BlobsUnavailable);
  });
});
