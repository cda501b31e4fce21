import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from '@jest/globals';

import { describeSettings } from '../../server/config.ts';

const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');

test("the README's table of settings is what --help prints", () => {
  const rows = readme
    .split('\n')
    .filter((line) => line.startsWith('| `PARLEY_'))
    .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('`', '')))
    .map(([, variable, fallback, help]) => ({ variable, fallback: fallback === 'none' ? '' : fallback, help }));
  expect(rows).toEqual(describeSettings());
});
