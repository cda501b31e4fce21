import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { ROOT } from '../../scripts/run.ts';
import { makeTempFolder, removeTempFolder } from '../setup/temp-folder.ts';

/** A package with the real launcher and a program that tells how it was run. */
let folder: string;

beforeEach(async () => {
  folder = await makeTempFolder('launch');
  await cp(join(ROOT, 'bin/launch.js'), join(folder, 'bin/launch.js'));
  await put('package.json', '{ "type": "module" }');
  await put('bin/program.js', "import { launch } from './launch.js';\nawait launch('server/main');\n");
  await put('server/main.ts', tell('the TypeScript'));
  await put('dist/server/main.js', tell('the build'));
  await put('dist/.built', '');
  await age('server/main.ts', 20_000);
  await age('dist/.built', 10_000);
  await mkdir(join(folder, 'node_modules/.bin'), { recursive: true });
  await symlink(join(ROOT, 'node_modules/tsx'), join(folder, 'node_modules/tsx'));
});

afterEach(() => removeTempFolder(folder));

async function put(file: string, content: string): Promise<void> {
  await mkdir(dirname(join(folder, file)), { recursive: true });
  await writeFile(join(folder, file), content);
}

async function age(file: string, ageMs: number): Promise<void> {
  const time = new Date(Date.now() - ageMs);
  await utimes(join(folder, file), time, time);
}

function tell(what: string): string {
  return `process.stdout.write(${JSON.stringify(`${what} `)} + process.argv.slice(2).join(',') + '\\n');\n`;
}

type Nodes = 'this node' | 'an old node' | 'only old nodes';

/** Makes a process believe that it runs on an old Node. The option is handed on to the Node that it starts. */
const PRETEND = "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } });";

const PRELOADS: Readonly<Record<Nodes, string>> = {
  'this node': '',
  'an old node': `if (process.env.PARLEY_LAUNCHED_BY === undefined) ${PRETEND}`,
  'only old nodes': PRETEND,
};

function start(nodes: Nodes, ...args: string[]): ChildProcess {
  const preload = `data:text/javascript,${encodeURIComponent(PRELOADS[nodes])}`;
  const options = { env: { ...process.env, NODE_OPTIONS: '' } };
  return spawn(process.execPath, ['--import', preload, join(folder, 'bin/program.js'), ...args], options);
}

async function launched(nodes: Nodes, ...args: string[]) {
  const child = start(nodes, ...args);
  const [output, errors, [code, signal]] = await Promise.all([
    text(child.stdout!),
    text(child.stderr!),
    once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>,
  ]);
  return { output, errors, code, signal };
}

async function installNode(): Promise<void> {
  await symlink(process.execPath, join(folder, 'node_modules/.bin/node'));
}

describe('what runs', () => {
  test('the build, with the arguments', async () => {
    expect(await launched('this node', 'a', '--b')).toMatchObject({ output: 'the build a,--b\n', code: 0 });
  });

  test('the TypeScript, where nothing was built', async () => {
    await rm(join(folder, 'dist'), { recursive: true });
    expect(await launched('this node', 'a')).toMatchObject({ output: 'the TypeScript a\n', code: 0 });
  });

  test('the TypeScript, where the build did not end well', async () => {
    await rm(join(folder, 'dist/.built'));
    expect(await launched('this node')).toMatchObject({ output: 'the TypeScript \n', code: 0 });
  });

  test('the TypeScript, where any source is newer than the build, but for tests', async () => {
    await put('clients/node/outbox.test.ts', '');
    expect(await launched('this node')).toMatchObject({ output: 'the build \n' });
    await put('clients/node/outbox.ts', '');
    expect(await launched('this node')).toMatchObject({ output: 'the TypeScript \n' });
  });
});

describe('on an old Node', () => {
  test('says which one is needed, where none was installed', async () => {
    const { code, output, errors } = await launched('an old node');
    expect({ code, output }).toEqual({ code: 1, output: '' });
    expect(errors).toMatch(/^Parley needs Node 24\.18\.1 or newer, and this is 20\.20\.2\./);
  });

  test('runs on the installed one, with the arguments and its exit code', async () => {
    await installNode();
    await put('dist/server/main.js', `${tell('the build')}process.exitCode = 7;\n`);
    expect(await launched('an old node', 'a')).toMatchObject({ output: 'the build a\n', code: 7 });
  });

  test('does not loop where the installed one is old as well', async () => {
    await installNode();
    const { code, output, errors } = await launched('only old nodes');
    expect({ code, output }).toEqual({ code: 1, output: '' });
    expect(errors).toMatch(/^Parley needs Node 24/);
  });

  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('passes %s on, once', async (signal) => {
    await installNode();
    await put(
      'dist/server/main.js',
      `let count = 0;
       process.on('${signal}', () => {
         count += 1;
         process.stdout.write('got ' + count + '\\n', () => setTimeout(() => process.exit(5), 100));
       });
       process.stdout.write('ready\\n');
       setInterval(() => {}, 1_000);\n`,
    );
    const child = start('an old node');
    let output = '';
    child.stdout!.setEncoding('utf8').on('data', (chunk: string) => {
      if (output === '') child.kill(signal);
      output += chunk;
    });
    const [code] = (await once(child, 'close')) as [number];
    expect({ output, code }).toEqual({ output: 'ready\ngot 1\n', code: 5 });
  });

  test('ends as its program does, when a signal kills that', async () => {
    await installNode();
    await put('dist/server/main.js', "process.kill(process.pid, 'SIGKILL');\n");
    expect(await launched('an old node')).toMatchObject({ code: 137 });
  });
});

// npm 10 links the one's `node` and then clears it away with the one for the other platform.
test('only one package brings a Node', async () => {
  const { optionalDependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
    optionalDependencies: Record<string, string>;
  };
  expect(Object.keys(optionalDependencies).filter((name) => name.startsWith('node-'))).toHaveLength(1);
});
