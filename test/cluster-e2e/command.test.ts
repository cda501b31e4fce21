import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';

import { type Endpoint, login, ParleyClient, register } from '../../clients/node/index.ts';
import { freePort } from '../setup/free-port.ts';
import { makeTempFolder, removeTempFolder } from '../setup/temp-folder.ts';

const PROGRAM = join(import.meta.dirname, '../../scripts/cluster.ts');
const PASSWORD = 'correct horse battery';
const LINE_WITHIN_MS = 30_000;

/** The command, as somebody started it. */
class Command {
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  readonly #output: ReturnType<typeof createInterface>;

  constructor(...args: readonly string[]) {
    this.#child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#output = createInterface({ input: this.#child.stdout! });
    this.#output.on('line', (line) => this.#lines.push(line));
  }

  /** Resolves with a line that matches, the first that was shown. */
  async line(pattern: RegExp): Promise<string> {
    const signal = AbortSignal.timeout(LINE_WITHIN_MS);
    for (;;) {
      const line = this.#lines.find((shown) => pattern.test(shown));
      if (line !== undefined) return line;
      await once(this.#output, 'line', { signal }).catch(() => {
        throw new Error(`no ${pattern} within ${LINE_WITHIN_MS} ms in:\n${this.#lines.join('\n')}`);
      });
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async ended(): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit');
    return this.#child.exitCode;
  }
}

let folder: string;
let port: number;
let command: Command | undefined;

beforeAll(async () => {
  folder = await makeTempFolder('cmd');
  port = await freePort();
});
afterEach(async () => {
  command?.signal('SIGKILL');
  await command?.ended();
  command = undefined;
});
afterAll(() => removeTempFolder(folder));

/** The processes that know of the folder, by their command line or their environment. */
async function processesOf(path: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && name !== String(process.pid));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const read = (file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
      const commandLine = await read('cmdline');
      return commandLine.includes(path) || (await read('environ')).includes(path) ? [commandLine] : [];
    }),
  );
  return found.flat();
}

async function begin(...options: readonly string[]): Promise<Command> {
  command = new Command(`--port=${port}`, `--folder=${folder}`, '--replicas=2', ...options);
  await command.line(/Parley listens on/);
  return command;
}

/** What came first to `receiver`. */
async function hear(receiver: ParleyClient): Promise<string> {
  for await (const { body } of receiver.messages()) return body.kind === 'content' ? body.content.text : body.kind;
  throw new Error('nothing came');
}

async function connect(endpoint: Endpoint, name: string): Promise<ParleyClient> {
  const { token } = await login(endpoint, { name, password: PASSWORD });
  return await ParleyClient.connect({ ...endpoint, token });
}

test('a chat over both replicas works, and SIGINT ends everything with 0', async () => {
  const running = await begin();
  const endpoint: Endpoint = { address: `127.0.0.1:${port}` };
  for (const name of ['ann', 'bob']) await register(endpoint, name, PASSWORD);
  // Two streams each: nginx takes turns, so each replica has some.
  const [ann, bob, ...others] = await Promise.all(['ann', 'bob', 'ann', 'bob'].map((name) => connect(endpoint, name)));
  const toBob = { userId: bob!.self.id };
  await ann!.send(toBob, 'hello');
  expect(await Promise.all([bob!, ...others].map(hear))).toEqual(['hello', 'hello', 'hello']);
  for (const replica of ['replica-1', 'replica-2']) {
    expect(await running.line(new RegExp(`${replica} .* serving +[123] streams`))).toContain('weight');
  }
  await Promise.all([ann!, bob!, ...others].map((client) => client.close()));

  expect((await processesOf(folder)).length).toBeGreaterThan(5);
  running.signal('SIGINT');
  await running.line(/stopping/);
  expect(await running.ended()).toBe(0);
  expect(await processesOf(folder)).toEqual([]);
}, 90_000);

test('goes on with what is in the folder, with TLS, and a second signal ends everything at once', async () => {
  const running = await begin('--tls');
  const certificate = join(folder, 'nginx/certificate.pem');
  expect(await running.line(/--ca/)).toContain(`npx parley --server localhost:${port} --ca ${certificate} `);
  const endpoint: Endpoint = { address: `localhost:${port}`, tls: { rootCertificates: await readFile(certificate) } };
  const bob = await connect(endpoint, 'bob');
  const { items } = await bob.history.listConversations();
  expect(items).toMatchObject([{ title: 'ann', lastSeq: 1 }]);
  await bob.close();

  running.signal('SIGTERM');
  await running.line(/stopping/);
  running.signal('SIGTERM');
  expect(await running.ended()).toBe(1);
  while ((await processesOf(folder)).length > 0);
}, 90_000);
