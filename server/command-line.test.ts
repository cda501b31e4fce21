import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Client, credentials } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';

import { freePort } from '../test/setup/free-port.ts';
import { runCommand } from './command-line.ts';

const PROCESS_EVENTS = ['uncaughtException', 'SIGTERM', 'SIGINT'] as const;

describe('the command line', () => {
  let folder: string;
  let stdout: string;
  let stderr: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parley-command-'));
    stdout = '';
    stderr = '';
    jest.spyOn(process.stdout, 'write').mockImplementation((text) => ((stdout += String(text)), true));
    jest.spyOn(process.stderr, 'write').mockImplementation((text) => ((stderr += String(text)), true));
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    for (const event of PROCESS_EVENTS) process.removeAllListeners(event);
    await rm(folder, { recursive: true, force: true });
  });

  /** Runs a command as its own process would. */
  async function run(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<number> {
    const base = {
      PARLEY_LOG_LEVEL: 'silent',
      PARLEY_DATABASE_URL: `sqlite:${join(folder, 'parley.db')}`,
      PARLEY_ATTACHMENTS: join(folder, 'attachments'),
    };
    return await runCommand(args, { ...base, ...environment });
  }

  test.each(['--help', '-h', 'serve --help'])('%s explains, and does nothing else', async (line) => {
    expect(await run(line.split(' '), { PARLEY_LISTEN: 'nowhere' })).toBe(0);
    expect(stdout).toMatch(/^Usage: parley-server /);
    expect(stderr).toBe('');
  });

  test.each(['sreve', 'serve now', 'migrate down'])('%s is no command', async (line) => {
    expect(await run(line.split(' '))).toBe(2);
    expect(stderr).toBe(`parley-server: unknown command "${line}"; try --help\n`);
  });

  test('a wrong setting is wrong usage, each with a line', async () => {
    expect(await run(['migrate'], { PARLEY_HEARTBEAT_MS: '5', PARLEY_REFLECTION: 'perhaps' })).toBe(2);
    const lines = stderr.trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    expect(lines).toEqual(expect.arrayContaining([expect.stringMatching(/^parley-server: PARLEY_HEARTBEAT_MS /)]));
  });

  test('migrate tells what it did', async () => {
    expect(await run(['migrate'])).toBe(0);
    expect(stdout).toMatch(/^migrated: \w+(, \w+)*\n$/);
    stdout = '';
    expect(await run(['migrate'])).toBe(0);
    expect(stdout).toBe('nothing to migrate\n');
  });

  test('what an operator has to change is told without a stack', async () => {
    const database = { PARLEY_DATABASE_URL: `sqlite:${folder}` };
    for (const command of [['migrate'], ['serve'], []]) {
      stderr = '';
      expect(await run(command, database)).toBe(1);
      expect(stderr).toMatch(/^parley-server: .*can't be opened.*\n$/);
    }
    stderr = '';
    expect(await run([], { PARLEY_ATTACHMENTS: '/dev/null/attachments' })).toBe(1);
    expect(stderr).toMatch(/^parley-server: the folder for attachments can't be written: .*\/dev\/null.*\n$/);
    stderr = '';
    expect(await run(['migrate'], { PARLEY_DATABASE_URL: 'mysql://ann:secret@127.0.0.1:9/parley' })).toBe(1);
    expect(stderr).toMatch(/^parley-server: .*127\.0\.0\.1:9/);
    expect(stderr).not.toContain('secret');
  });

  test('serves by default, refuses an address that is taken, and a signal drains', async () => {
    const address = `127.0.0.1:${await freePort()}`;
    const served = run([], { PARLEY_LISTEN: address, PARLEY_DRAIN_SPREAD_MS: '0' });
    await listening(address);
    const second = { PARLEY_LISTEN: address, PARLEY_DATABASE_URL: 'sqlite::memory:' };
    expect(await run(['serve'], second)).toBe(1);
    expect(stderr).toMatch(new RegExp(`^parley-server: .*${address}`));
    process.emit('SIGTERM', 'SIGTERM');
    expect(await served).toBe(0);
    // The database was let go of.
    expect(await run(['migrate'])).toBe(0);
  });

  test('a second signal exits at once', async () => {
    const exit = jest.spyOn(process, 'exit').mockImplementation((code) => {
      throw new Error(`exit ${code}`);
    });
    const address = `127.0.0.1:${await freePort()}`;
    const served = run([], { PARLEY_LISTEN: address, PARLEY_DRAIN_WAIT_MS: '100', PARLEY_DRAIN_SPREAD_MS: '0' });
    await listening(address);
    process.emit('SIGINT', 'SIGINT');
    expect(exit).not.toHaveBeenCalled();
    expect(() => process.emit('SIGTERM', 'SIGTERM')).toThrow('exit 1');
    expect(await served).toBe(0);
  });

  test('an exception that nobody caught ends the process', async () => {
    const exit = jest.spyOn(process, 'exit').mockReturnValue(undefined as never);
    const address = `127.0.0.1:${await freePort()}`;
    const served = run([], { PARLEY_LISTEN: address, PARLEY_DRAIN_SPREAD_MS: '0' });
    await listening(address);
    process.emit('uncaughtException', new Error('a bug'));
    expect(exit).toHaveBeenCalledWith(1);
    process.emit('SIGTERM', 'SIGTERM');
    expect(await served).toBe(0);
  });
});

async function listening(address: string): Promise<void> {
  const client = new Client(address, credentials.createInsecure());
  try {
    await new Promise<void>((resolve, reject) => {
      client.waitForReady(Date.now() + 10_000, (error) => (error === undefined ? resolve() : reject(error)));
    });
  } finally {
    client.close();
  }
}
