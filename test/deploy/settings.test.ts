import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from '@jest/globals';

import { ROOT } from '../../scripts/run.ts';
import { describeSettings } from '../../server/config.ts';
import { lbHelp } from '../../server/lb-options.ts';

const FILES = [
  'Dockerfile',
  'compose.yaml',
  ...['deploy/kubernetes', 'docs'].flatMap((folder) =>
    readdirSync(join(ROOT, folder)).map((name) => join(folder, name)),
  ),
];

/** A row of FILE: VARIABLE for each variable that a file names. */
const mentioned = FILES.flatMap((file) => {
  const names = readFileSync(join(ROOT, file), 'utf8').match(/\bPARLEY_[A-Z][A-Z_]*[A-Z]\b/g) ?? [];
  return [...new Set(names)].map((name) => ({ file, name }));
});

/** What Kubernetes would set, told of in a comment. */
const TOLD_OF = new Set(['PARLEY_PORT']);

test('every variable of the deployment files is a setting', () => {
  const known = new Set([
    ...describeSettings().map(({ variable }) => variable),
    ...(lbHelp().match(/\bPARLEY_[A-Z_]+\b/g) ?? []),
    ...TOLD_OF,
  ]);
  expect(mentioned.length).toBeGreaterThan(20);
  expect(mentioned.filter(({ name }) => !known.has(name))).toEqual([]);
});

test('the pages lead somewhere', () => {
  const pages = ['README.md', ...FILES.filter((file) => file.endsWith('.md'))];
  const broken = pages.flatMap((page) =>
    [...readFileSync(join(ROOT, page), 'utf8').matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)]
      .map(([, target]) => join(page, '..', target!))
      .filter((target) => !isThere(target))
      .map((target) => `${page}: ${target}`),
  );
  expect(broken).toEqual([]);
});

function isThere(path: string): boolean {
  try {
    readFileSync(join(ROOT, path));
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EISDIR';
  }
}
