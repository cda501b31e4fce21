import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from '@jest/globals';

import { makeTempFolder, removeTempFolder } from '../../test/setup/temp-folder.ts';
import { Front } from './front.ts';
import { renderNginxUpstreams } from './nginx-upstreams.ts';
import type { Upstream } from './standings.ts';

const LIST: readonly Upstream[] = [{ replica: 'a', address: '10.0.0.1:1', weight: 2 }];
const TEXT = renderNginxUpstreams(LIST);

let folder: string;
let file: string;
let front: Front;

beforeEach(async () => {
  folder = await makeTempFolder('front');
  file = join(folder, 'upstreams.conf');
  front = new Front({ file, render: renderNginxUpstreams });
});

afterEach(() => removeTempFolder(folder));

test('writes what has changed, and nothing else', async () => {
  expect(await front.show(LIST)).toBe('written');
  expect(await readFile(file, 'utf8')).toBe(TEXT);
  const { ino } = await stat(file);
  expect(await front.show(LIST)).toBe('same');
  expect((await stat(file)).ino).toBe(ino);
});

test('an empty list makes a file where there is none, and leaves one alone that is there', async () => {
  expect(await front.show([])).toBe('written');
  expect(await readFile(file, 'utf8')).toBe(renderNginxUpstreams([]));
  await front.show(LIST);
  expect(await front.show([])).toBe('same');
  expect(await readFile(file, 'utf8')).toBe(TEXT);
});

test('puts back what somebody else has changed or removed', async () => {
  await front.show(LIST);
  await writeFile(file, 'server 10.6.6.6:1;');
  expect(await front.show(LIST)).toBe('written');
  await rm(file);
  expect(await front.show(LIST)).toBe('written');
  expect(await readFile(file, 'utf8')).toBe(TEXT);
});

test('waits for an nginx that does not run', async () => {
  const nginx = { pidFile: join(folder, 'nginx.pid'), conf: undefined };
  const waiting = new Front({ file, render: renderNginxUpstreams, nginx });
  expect(await waiting.show(LIST)).toBe('waiting');
  expect(await waiting.show(LIST)).toBe('waiting');
  expect(await readFile(file, 'utf8')).toBe(TEXT);
});

test('a folder that is not there is an error', async () => {
  const lost = new Front({ file: join(folder, 'nowhere/list'), render: renderNginxUpstreams });
  await expect(lost.show(LIST)).rejects.toThrow(/ENOENT/);
});
