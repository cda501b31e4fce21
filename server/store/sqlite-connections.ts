import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type BetterSqlite3 from 'better-sqlite3';
import { DataSource } from 'typeorm';
import { allMigrations } from '../../migrations/all-migrations.ts';
import { StoreConfigurationError } from './database-url.ts';
import { allEntities } from './entities/all-entities.ts';
import type { SqliteConnections } from './sqlite-engine.ts';
import { lockSqliteFile } from './sqlite-lock.ts';

const MEMORY = ':memory:';
/** Waiting inside SQLite blocks the process; longer waits are attempts of their own. */
const BUSY_TIMEOUT_MS = 250;

/**
 * Opens a SQLite database (made with its folder where there is none), brings its tables up to date, and keeps other
 * processes off it until it is released.
 *
 * @throws StoreConfigurationError
 */
export async function openSqlite(path: string): Promise<SqliteConnections> {
  if (path === MEMORY) {
    const memory = await initialize(sqliteDataSource(MEMORY, false), path);
    const migrated = await migrate(memory);
    return { writer: memory, reader: memory, migrated, release: () => undefined };
  }
  const file = resolve(path);
  const lock = lockFile(file);
  const opened: DataSource[] = [];
  try {
    const writer = await initialize(sqliteDataSource(file, false), path);
    opened.push(writer);
    const migrated = await migrate(writer);
    const reader = await initialize(sqliteDataSource(file, true), path);
    return { writer, reader, migrated, release: () => lock.release() };
  } catch (error) {
    for (const dataSource of opened) await dataSource.destroy();
    lock.release();
    throw error;
  }
}

/** A TypeORM data source for a SQLite file, not yet initialized. */
export function sqliteDataSource(database: string, readonly: boolean): DataSource {
  const dataSource = new DataSource({
    type: 'better-sqlite3',
    database,
    readonly,
    timeout: BUSY_TIMEOUT_MS,
    entities: [...allEntities],
    migrations: [...allMigrations],
    prepareDatabase(connection: BetterSqlite3.Database) {
      if (readonly) return;
      connection.pragma('journal_mode = WAL');
      // NORMAL would lose the last commits in a power failure: messages that were acknowledged.
      connection.pragma('synchronous = FULL');
    },
  });
  nameTypesAsSqlite(dataSource);
  return dataSource;
}

/** SQLite's integers have 64 bits and one name, without which there is no auto-increment; its byte type is blob. */
function nameTypesAsSqlite({ driver }: DataSource): void {
  const normalize = driver.normalizeType.bind(driver);
  driver.normalizeType = (column) => {
    if (column.type === 'bigint') return 'integer';
    if (column.type === 'binary') return 'blob';
    return normalize(column);
  };
}

function lockFile(file: string): { release(): void } {
  try {
    mkdirSync(dirname(file), { recursive: true });
    return lockSqliteFile(file);
  } catch (error) {
    throw configurationError(file, error);
  }
}

async function migrate(dataSource: DataSource): Promise<string[]> {
  const done = await dataSource.runMigrations();
  return done.map((migration) => migration.name);
}

async function initialize(dataSource: DataSource, path: string): Promise<DataSource> {
  try {
    return await dataSource.initialize();
  } catch (error) {
    throw configurationError(path, error);
  }
}

function configurationError(path: string, cause: unknown): Error {
  if (cause instanceof StoreConfigurationError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new StoreConfigurationError(`the SQLite database ${path} can't be opened: ${reason}`, { cause });
}
