import { execFile } from 'node:child_process';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { createConnection } from 'mysql2/promise';

import { ROOT } from '../../scripts/run.ts';
import { startDaemon } from '../setup/daemon.ts';
import { freePort } from '../setup/free-port.ts';
import { createDatabase, startMariadb } from '../setup/mariadb.ts';
import { startNginx } from '../setup/nginx.ts';
import { startRedis } from '../setup/redis.ts';
import { makeTempFolder, removeTempFolder } from '../setup/temp-folder.ts';

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function ask(url: string, sql: string): Promise<unknown> {
  const connection = await createConnection(url);
  try {
    const [rows] = await connection.query(sql);
    return rows;
  } finally {
    await connection.end();
  }
}

describe('services', () => {
  test('a MariaDB of its own, durable where asked, gone when stopped', async () => {
    const mariadb = await startMariadb({ durable: true });
    const url = await mariadb.createDatabase();
    const settings = 'SELECT @@innodb_flush_log_at_trx_commit AS flush, @@innodb_doublewrite AS doublewrite';
    expect(await ask(url, settings)).toEqual([{ flush: 1, doublewrite: 1 }]);
    await mariadb.stop();
    expect(isRunning(mariadb.pid)).toBe(false);
    await expect(ask(url, 'SELECT 1')).rejects.toThrow(/ENOENT/);
  });

  test('each database on the shared MariaDB is new', async () => {
    const [a, b] = await Promise.all([createDatabase(), createDatabase()]);
    await ask(a, 'CREATE TABLE t (id INT)');
    expect(await ask(b, 'SHOW TABLES')).toEqual([]);
  });

  test('a Redis of its own', async () => {
    const server = await startRedis();
    const redis = new Redis({ path: server.socket });
    expect(await redis.set('a', '1')).toBe('OK');
    await redis.quit();
    await server.stop();
    expect(isRunning(server.pid)).toBe(false);
  });

  test('nothing of an nginx whose master is killed', async () => {
    const port = await freePort();
    await using nginx = await startNginx(
      `events {} http { access_log off; server { listen 127.0.0.1:${port}; return 200 here; } }`,
    );
    const workers = await readFile(`/proc/${nginx.pid}/task/${nginx.pid}/children`, 'utf8');
    const pids = workers.trim().split(' ').map(Number);
    expect(pids.every(isRunning)).toBe(true);
    process.kill(nginx.pid, 'SIGKILL');
    await nginx.stop();
    const deadline = performance.now() + 5_000;
    while (pids.some(isRunning) && performance.now() < deadline) await new Promise((resolve) => setImmediate(resolve));
    expect(pids.filter(isRunning)).toEqual([]);
  });

  test('an nginx that is told another configuration, and refuses a wrong one', async () => {
    const [first, second] = [await freePort(), await freePort()];
    const answering = (port: number, word: string): string =>
      `events {} http { access_log off; server { listen 127.0.0.1:${port}; keepalive_timeout 0; return 200 ${word}; } }`;
    const answer = async (port: number): Promise<string> => (await fetch(`http://127.0.0.1:${port}/`)).text();

    await using nginx = await startNginx(answering(first, 'one'));
    expect(await answer(first)).toBe('one');
    await nginx.reload(answering(second, 'two'));
    expect(await answer(second)).toBe('two');
    await expect(nginx.reload('nonsense;')).rejects.toThrow(/unknown directive "nonsense"/);
    expect(await answer(second)).toBe('two');
  });

  test('one that ends instead of serving fails with what it said', async () => {
    const dying = startDaemon({ command: 'sh', args: ['-c', 'echo no disk; exit 3'], ready: /ready/ });
    await expect(dying).rejects.toThrow(/sh ended \(exit code 3\)\nno disk/);
  });

  test('one that never serves fails, and is stopped', async () => {
    const silent = startDaemon({
      command: 'sh',
      args: ['-c', 'echo pid $$; exec sleep 60'],
      ready: /ready/,
      readyWithinMs: 300,
    });
    const error = await silent.then(
      () => undefined,
      (reason: unknown) => reason as Error,
    );
    expect(error?.message).toMatch(/sh is not ready after 300 ms/);
    expect(isRunning(Number(/pid (\d+)/.exec(error?.message ?? '')?.[1]))).toBe(false);
  });

  test('a free port is one that nothing listens on', async () => {
    const port = await freePort();
    expect(port).toBeGreaterThanOrEqual(20_000);
    expect(port).toBeLessThan(30_000);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    await new Promise((resolve) => server.close(resolve));
  });
});

/** They start a jest of their own. */
const SLOW_MS = 60_000;

describe('a test file that leaves something open', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await makeTempFolder('leak');
    await mkdir(join(folder, 'test'));
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    await writeFile(join(folder, 'package.json'), '{}');
    await writeFile(
      join(folder, 'jest.config.json'),
      JSON.stringify({
        testEnvironment: join(ROOT, 'test/setup/environment.ts'),
        transform: {},
        globalTeardown: join(ROOT, 'test/setup/global-teardown.ts'),
      }),
    );
  });

  afterEach(() => removeTempFolder(folder));

  /** Runs test files that do this, each in a test of its own. */
  async function jest(...bodies: string[]): Promise<{ failed: boolean; output: string }> {
    for (const [index, body] of bodies.entries()) {
      await writeFile(join(folder, `test/${index}.test.js`), `test('it', () => { ${body} });\n`);
    }
    return new Promise((resolve) => {
      const args = [join(ROOT, 'node_modules/jest/bin/jest.js'), '--rootDir', folder, '--maxWorkers', '2'];
      execFile(process.execPath, args, { cwd: folder }, (error, stdout, stderr) =>
        resolve({ failed: error !== null, output: stdout + stderr }),
      );
    });
  }

  const SERVER = "require('node:net').createServer().listen(0);";
  const CHILD = "require('node:child_process').spawn('sleep', ['15'], { stdio: 'ignore' });";
  const TIMER = 'setInterval(() => {}, 60_000);';

  test(
    'fails: for a server, a child process, a timer',
    async () => {
      const { failed, output } = await jest(SERVER, CHILD, TIMER);
      expect(failed).toBe(true);
      const left = [...output.matchAll(/left open after the tests: (\w+)/g)].map(([, type]) => type);
      expect(new Set(left)).toEqual(new Set(['TCPServerWrap', 'ProcessWrap', 'Timeout']));
    },
    SLOW_MS,
  );

  test(
    'fails and ends, where it is the only one',
    async () => {
      const { failed, output } = await jest(SERVER);
      expect({ failed, output }).toMatchObject({
        failed: true,
        output: expect.stringContaining('left open after the tests: TCPServerWrap'),
      });
    },
    SLOW_MS,
  );

  test(
    'passes where it closes what it opened',
    async () => {
      const { failed, output } = await jest("require('node:net').createServer().listen(0).close();");
      expect({ failed, output }).toMatchObject({ failed: false, output: expect.stringContaining('1 passed') });
    },
    SLOW_MS,
  );
});
