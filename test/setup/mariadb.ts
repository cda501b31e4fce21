import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createConnection } from 'mysql2/promise';
import { startDaemon } from './daemon.ts';
import { makeTempFolder, removeTempFolder } from './temp-folder.ts';

const run = promisify(execFile);

export interface MariadbOptions {
  /** Flush at every commit and keep the doublewrite buffer: for tests that kill it, and for measurements. */
  readonly durable?: boolean;
}

/** A private MariaDB on a unix socket; `root` needs no password. */
export interface Mariadb extends AsyncDisposable {
  readonly socket: string;
  readonly pid: number;
  /** The URL of a database on it, made or not. */
  url(database: string): string;
  /** Makes an empty database; gives its URL. */
  createDatabase(): Promise<string>;
  stop(): Promise<void>;
}

/** Starts an instance with an empty data directory. Takes about a second. */
export async function startMariadb(options: MariadbOptions = {}): Promise<Mariadb> {
  const folder = await makeTempFolder('mariadb');
  const data = join(folder, 'data');
  const socket = join(folder, 'mariadb.sock');
  const user = process.getuid?.() === 0 ? ['--user=root'] : [];
  await run('mariadb-install-db', [
    '--no-defaults',
    ...user,
    `--datadir=${data}`,
    // Two set-ups at once would share the temporary tables of /tmp.
    `--tmpdir=${folder}`,
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
    '--skip-name-resolve',
  ]);
  const server = await startDaemon({
    command: 'mariadbd',
    args: [
      '--no-defaults',
      ...user,
      `--datadir=${data}`,
      `--socket=${socket}`,
      `--pid-file=${join(folder, 'mariadb.pid')}`,
      '--skip-networking',
      '--skip-log-bin',
      '--skip-name-resolve',
      '--max-connections=400',
      '--character-set-server=utf8mb4',
      '--transaction-isolation=READ-COMMITTED',
      ...(options.durable === true
        ? ['--innodb-flush-log-at-trx-commit=1', '--innodb-doublewrite=1']
        : ['--innodb-flush-log-at-trx-commit=0', '--innodb-doublewrite=0']),
    ],
    ready: /ready for connections/,
  });
  const stop = async (): Promise<void> => {
    await server.stop();
    await removeTempFolder(folder);
  };
  return {
    socket,
    pid: server.pid,
    url: (database) => urlOf(socket, database),
    createDatabase: () => createDatabaseOn(socket),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** Makes an empty database on the instance that the test run shares; gives its URL. It goes with the instance. */
export async function createDatabase(): Promise<string> {
  const socket = process.env['PARLEY_TEST_MYSQL_SOCKET'];
  if (socket === undefined) throw new Error('PARLEY_TEST_MYSQL_SOCKET is not set: run the tests with npm test or jest');
  return await createDatabaseOn(socket);
}

async function createDatabaseOn(socket: string): Promise<string> {
  const name = `parley_${randomBytes(8).toString('hex')}`;
  const connection = await createConnection({ socketPath: socket, user: 'root' });
  try {
    await connection.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
  } finally {
    await connection.end();
  }
  return urlOf(socket, name);
}

function urlOf(socket: string, database: string): string {
  return `mysql://root@localhost/${database}?socketPath=${encodeURIComponent(socket)}`;
}
