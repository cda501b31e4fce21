import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';

import { makeTempFolder, removeTempFolder } from '../test/setup/temp-folder.ts';
import { runLbCommand } from './lb-command.ts';

let folder: string;
let stdout: string;
let stderr: string;

beforeEach(async () => {
  folder = await makeTempFolder('lb-command');
  stdout = '';
  stderr = '';
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => ((stdout += String(text)), true));
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => ((stderr += String(text)), true));
});

afterEach(async () => {
  jest.restoreAllMocks();
  for (const event of ['SIGTERM', 'SIGINT']) process.removeAllListeners(event);
  await removeTempFolder(folder);
});

/** Runs the command as its own process would. */
function run(args: readonly string[], redis = `unix://${process.env['PARLEY_TEST_REDIS_SOCKET']}`): Promise<number> {
  return runLbCommand(args, { PARLEY_REDIS_URL: redis, PARLEY_LOG_LEVEL: 'silent' });
}

test.each(['--help', '-h', '--once --help'])('%s explains, and does nothing else', async (line) => {
  expect(await run(line.split(' '))).toBe(0);
  expect(stdout).toMatch(/^Usage: parley-lb /);
});

test('wrong usage', async () => {
  expect(await run(['--nginx-upstreams=/x', '--interval-ms=1'])).toBe(2);
  expect(stderr).toMatch(/^parley-lb: --interval-ms .*\nparley-lb: try --help\n$/);
});

test('what an operator has to change is told without a stack', async () => {
  expect(await run(['--once', `--envoy-eds=${folder}/eds.json`], 'unix:///nowhere/r.sock')).toBe(1);
  expect(stderr).toMatch(/^parley-lb: .*Redis.*\n$/);
  stderr = '';
  expect(await run(['--once', `--envoy-eds=${folder}/nowhere/eds.json`])).toBe(1);
  expect(stderr).toMatch(/^parley-lb: ENOENT.*nowhere.*\n$/);
});

test.each(['SIGTERM', 'SIGINT'] as const)('goes on until %s', async (signal) => {
  const running = run([`--nginx-upstreams=${folder}/upstreams.conf`, '--interval-ms=100']);
  while (process.listenerCount(signal) === 0) await new Promise((resolve) => setImmediate(resolve));
  process.emit(signal, signal);
  expect(await running).toBe(0);
  expect(await readFile(join(folder, 'upstreams.conf'), 'utf8')).toMatch(/^server /m);
});
