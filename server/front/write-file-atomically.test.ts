import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from '@jest/globals';

import { makeTempFolder, removeTempFolder } from '../../test/setup/temp-folder.ts';
import { readIfThere, writeFileAtomically } from './write-file-atomically.ts';

let folder: string;

beforeEach(async () => {
  folder = await makeTempFolder('atomic');
});

afterEach(() => removeTempFolder(folder));

test('makes a file that others may read, and leaves nothing beside it', async () => {
  const file = join(folder, 'list');
  await writeFileAtomically(file, 'one');
  expect(await readFile(file, 'utf8')).toBe('one');
  expect((await stat(file)).mode & 0o444).toBe(0o444);
  expect(await readdir(folder)).toEqual(['list']);
});

test('puts another file in its place: who has it open goes on with the old one', async () => {
  const file = join(folder, 'list');
  await writeFileAtomically(file, 'one');
  const { ino } = await stat(file);
  await writeFileAtomically(file, 'two');
  expect((await stat(file)).ino).not.toBe(ino);
  expect(await readFile(file, 'utf8')).toBe('two');
});

test('drops what it has begun where it fails', async () => {
  const taken = join(folder, 'taken');
  await mkdir(join(taken, 'inside'), { recursive: true });
  await expect(writeFileAtomically(taken, 'one')).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST/);
  expect(await readdir(folder)).toEqual(['taken']);
});

test('no file is no text', async () => {
  expect(await readIfThere(join(folder, 'nowhere'))).toBeUndefined();
});
