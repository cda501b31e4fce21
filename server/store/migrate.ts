import { createHash } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { allMigrations } from '../../migrations/all-migrations.ts';
import { type MysqlLocation, StoreConfigurationError } from './database-url.ts';
import { openMysql } from './mysql-connections.ts';
import type { MysqlFlavour } from './mysql-server.ts';
import { driverError } from './retry.ts';
import { StoreUnavailable } from './seam/failures.ts';

const LOCK_WAIT_S = 60;
const NO_SUCH_TABLE = 1146;

/**
 * Brings the tables up to date; gives the names of the migrations that ran. Of several at once, one works and the
 * others wait for it.
 *
 * @throws StoreUnavailable when another has not got done within a minute; StoreConfigurationError
 */
export async function migrateMysql(location: MysqlLocation, flavour: MysqlFlavour): Promise<string[]> {
  // One connection holds the lock, the other works.
  const dataSource = await openMysql(location, { flavour, use: 'migrating', poolSize: 2 });
  try {
    return await underLock(dataSource, location.database, async () => {
      // MySQL commits each change of a table by itself: a transaction would only look like one.
      const done = await dataSource.runMigrations({ transaction: 'none' });
      return done.map((migration) => migration.name);
    });
  } finally {
    await dataSource.destroy();
  }
}

/** @throws StoreConfigurationError when a migration has not run on this database */
export async function assertMigrated(dataSource: DataSource, database: string): Promise<void> {
  const done = await migrationsDone(dataSource);
  const missing = allMigrations.map((migration) => migration.name).filter((name) => !done.has(name));
  if (missing.length === 0) return;
  throw new StoreConfigurationError(
    `the tables of database ${database} are not up to date (missing: ${missing.join(', ')}). Run \`npm run migrate\`.`,
  );
}

async function underLock<T>(dataSource: DataSource, database: string, work: () => Promise<T>): Promise<T> {
  // A lock's name holds 64 characters, as many as a database's alone.
  const name = `parley-migrate-${createHash('sha256').update(database).digest('hex').slice(0, 32)}`;
  const holder = dataSource.createQueryRunner();
  try {
    const rows = (await holder.query('SELECT GET_LOCK(?, ?) AS locked', [name, LOCK_WAIT_S])) as { locked: unknown }[];
    if (Number(rows[0]?.locked) !== 1) {
      throw new StoreUnavailable(`another process has been migrating database ${database} for ${LOCK_WAIT_S} s`);
    }
    try {
      return await work();
    } finally {
      await holder.query('SELECT RELEASE_LOCK(?)', [name]);
    }
  } finally {
    await holder.release();
  }
}

async function migrationsDone(dataSource: DataSource): Promise<Set<string>> {
  try {
    const rows = await dataSource.query<{ name: string }[]>('SELECT name FROM migrations');
    return new Set(rows.map((row) => row.name));
  } catch (error) {
    if ((driverError(error) as { errno?: number }).errno === NO_SUCH_TABLE) return new Set();
    throw error;
  }
}
