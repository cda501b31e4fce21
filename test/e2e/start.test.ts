import { execFile } from 'node:child_process';
import { join } from 'node:path';

import { describe, expect, test } from '@jest/globals';

import { describeSettings } from '../../server/config.ts';
import { freshDatabase } from '../cluster/start-server.ts';
import { ServerProcess } from '../cluster/server-process.ts';
import { freePort } from '../setup/free-port.ts';

const LAUNCHER = join(import.meta.dirname, '../../server/bin/parley-server.js');

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the server's program to its end. */
function run(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const env = { PATH: process.env['PATH'] ?? '', ...environment };
  return new Promise((resolve) => {
    execFile(process.execPath, [LAUNCHER, ...args], { env, timeout: 20_000 }, (error, stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), stdout, stderr });
    });
  });
}

describe('parley-server', () => {
  test('--help lists every setting', async () => {
    const { code, stdout } = await run(['--help']);
    expect(code).toBe(0);
    for (const { variable } of describeSettings()) expect(stdout).toContain(variable);
  });

  test('names each setting that is wrong, and what is allowed', async () => {
    const { code, stderr } = await run([], {
      PARLEY_LISTEN: 'nowhere',
      PARLEY_HEARTBEAT_MS: '5',
      PARLEY_DIRECT_MESSAGES: 'nobody',
      PARLEY_LSITEN: '127.0.0.1:1',
      PARLEY_DATABASE_URL: 'postgres://ann:secret@host/db',
    });
    expect(code).toBe(2);
    expect(stderr).toMatch(/PARLEY_LISTEN must be HOST:PORT/);
    expect(stderr).toMatch(/PARLEY_HEARTBEAT_MS must be a whole number from 1000 to 300000/);
    expect(stderr).toMatch(/PARLEY_DIRECT_MESSAGES must be anyone or friends/);
    expect(stderr).toMatch(/PARLEY_LSITEN is not a setting/);
    expect(stderr).toMatch(/PARLEY_DATABASE_URL must begin with sqlite: or mysql:/);
    expect(stderr).not.toMatch(/secret|\bat .*\.ts/);
  });

  test('refuses an unknown command', async () => {
    const { code, stderr } = await run(['sreve']);
    expect(code).toBe(2);
    expect(stderr).toContain('"sreve"');
  });

  test('says that the port is taken, or the file in use by another server', async () => {
    await using server = await ServerProcess.start();
    const taken = await run([], { PARLEY_LISTEN: server.address, PARLEY_DATABASE_URL: 'sqlite::memory:' });
    expect(taken.code).toBe(1);
    expect(taken.stderr).toContain(server.address);
    const shared = await run([], {
      PARLEY_LISTEN: `127.0.0.1:${await freePort()}`,
      PARLEY_DATABASE_URL: server.databaseUrl,
    });
    expect(shared.code).toBe(1);
    expect(shared.stderr).toMatch(/parley\.db/);
    for (const { stderr } of [taken, shared]) expect(stderr).not.toMatch(/\bat .*\.ts/);
  }, 60_000);

  test('wants MySQL migrated, and migrates it', async () => {
    const { url } = await freshDatabase('mysql');
    const environment = { PARLEY_DATABASE_URL: url };
    const unmigrated = await run([], environment);
    expect(unmigrated.code).toBe(1);
    expect(unmigrated.stderr).toContain('npm run migrate');
    const migrated = await run(['migrate'], environment);
    expect(migrated.code).toBe(0);
    expect(migrated.stdout).toMatch(/^migrated: /);
    expect(await run(['migrate'], environment)).toMatchObject({ code: 0, stdout: 'nothing to migrate\n' });
    await using server = await ServerProcess.start(environment);
    expect(server.address).toMatch(/^127\.0\.0\.1:/);
  }, 60_000);

  test('says that the database cannot be reached', async () => {
    const { code, stderr } = await run([], { PARLEY_DATABASE_URL: 'mysql://ann:secret@127.0.0.1:9/parley' });
    expect(code).toBe(1);
    expect(stderr).toContain('127.0.0.1:9');
    expect(stderr).not.toMatch(/secret|\bat .*\.ts/);
  });
});
