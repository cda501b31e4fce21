import type { Clock } from '../lib/clock.ts';
import { parseDatabaseUrl } from './database-url.ts';
import { assertMigrated, migrateMysql } from './migrate.ts';
import { openMysql } from './mysql-connections.ts';
import { MysqlEngine } from './mysql-engine.ts';
import { identifyServer, openingError } from './mysql-server.ts';
import { SqlStore } from './sql-store.ts';
import { openSqlite } from './sqlite-connections.ts';
import { SqliteEngine } from './sqlite-engine.ts';
import type { Store } from './seam/store.ts';

export { StoreConfigurationError } from './database-url.ts';

const DEFAULT_POOL_SIZE = 10;

export interface OpenStoreOptions {
  /**
   * `sqlite:PATH` (relative to the working directory; made with its folder), `sqlite::memory:`, or
   * `mysql://USER:PASSWORD@HOST:PORT/DATABASE`, for MariaDB too, with `?socketPath=PATH` or `?tls=true`.
   */
  readonly url: string;
  /** Whether to bring the tables up to date first. SQLite's always are: the file belongs to this process. */
  readonly migrate: boolean;
  readonly clock: Clock;
  /** The most connections to MySQL. Default: 10. */
  readonly poolSize?: number;
}

/**
 * Opens the store; dispose of it to close it.
 *
 * @throws StoreConfigurationError for what a person has to change: the URL, the file, the password, the tables;
 *   StoreUnavailable when the server can't be reached
 */
export async function openStore(options: OpenStoreOptions): Promise<Store> {
  const location = parseDatabaseUrl(options.url);
  if (location.engine === 'sqlite') {
    return new SqlStore(new SqliteEngine(await openSqlite(location.path), options.clock));
  }
  const flavour = await identifyServer(location);
  if (options.migrate) await migrateMysql(location, flavour);
  const poolSize = options.poolSize ?? DEFAULT_POOL_SIZE;
  const dataSource = await openMysql(location, { flavour, use: 'serving', poolSize });
  try {
    await assertMigrated(dataSource, location.database);
  } catch (error) {
    await dataSource.destroy();
    throw openingError(location, error);
  }
  return new SqlStore(new MysqlEngine(dataSource, options.clock));
}

/**
 * Brings the tables of a database up to date, and gives the names of the migrations that ran. Harmless to repeat, and
 * to run from several places at once.
 *
 * @throws StoreConfigurationError, StoreUnavailable
 */
export async function migrateDatabase(url: string): Promise<string[]> {
  const location = parseDatabaseUrl(url);
  if (location.engine === 'mysql') return await migrateMysql(location, await identifyServer(location));
  const opened = await openSqlite(location.path);
  if (opened.reader !== opened.writer) await opened.reader.destroy();
  await opened.writer.destroy();
  opened.release();
  return [...opened.migrated];
}
