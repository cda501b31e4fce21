import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { allMigrations } from '../../migrations/all-migrations.ts';
import { systemClock } from '../../server/lib/clock.ts';
import { type MysqlLocation, parseDatabaseUrl } from '../../server/store/database-url.ts';
import { openMysql } from '../../server/store/mysql-connections.ts';
import { migrateDatabase, openStore, StoreConfigurationError } from '../../server/store/open-store.ts';
import { sqliteDataSource } from '../../server/store/sqlite-connections.ts';
import { createDatabase } from '../setup/mariadb.ts';
import { makeTempFolder, removeTempFolder } from '../setup/temp-folder.ts';

const NAMES = allMigrations.map((migration) => migration.name);

interface Database {
  readonly url: string;
  connect(): Promise<DataSource>;
}

async function mariadb(): Promise<Database> {
  const url = await createDatabase();
  const location = parseDatabaseUrl(url) as MysqlLocation;
  return { url, connect: () => openMysql(location, { flavour: 'mariadb', use: 'migrating', poolSize: 1 }) };
}

let folder: string;
beforeAll(async () => {
  folder = await makeTempFolder('schema');
});
afterAll(() => removeTempFolder(folder));

let files = 0;
function sqlite(): Promise<Database> {
  const path = join(folder, `${++files}.db`);
  return Promise.resolve({ url: `sqlite:${path}`, connect: () => sqliteDataSource(path, false).initialize() });
}

describe.each([
  ['SQLite', sqlite],
  ['MariaDB', mariadb],
])('the schema on %s', (_name, create) => {
  test('the migrations make exactly the tables of the entities', async () => {
    const database = await create();
    await migrateDatabase(database.url);
    const dataSource = await database.connect();
    try {
      const drift = await dataSource.driver.createSchemaBuilder().log();
      expect(drift.upQueries.map((query) => query.query)).toEqual([]);
    } finally {
      await dataSource.destroy();
    }
  });

  test('migrating again does nothing, and the log epoch stays', async () => {
    const database = await create();
    expect(await migrateDatabase(database.url)).toEqual(NAMES);
    expect(await migrateDatabase(database.url)).toEqual([]);
    const epoch = await epochOf(database);
    await migrateDatabase(database.url);
    expect(await epochOf(database)).toBe(epoch);
    expect(await epochOf(await migrated(create))).not.toBe(epoch);
  });

  test('a migration that was cut off runs again over what it left', async () => {
    const database = await migrated(create);
    const epoch = await epochOf(database);
    await execute(database, 'DELETE FROM migrations', 'DROP TABLE message', 'DROP TABLE offline_message');
    expect(await migrateDatabase(database.url)).toEqual(NAMES);
    expect(await epochOf(database)).toBe(epoch);
  });

  test('the migrations can be undone', async () => {
    const database = await migrated(create);
    const dataSource = await database.connect();
    try {
      for (const _name of NAMES) await dataSource.undoLastMigration();
      const runner = dataSource.createQueryRunner();
      for (const { tableName } of dataSource.entityMetadatas) expect(await runner.hasTable(tableName)).toBe(false);
      await runner.release();
    } finally {
      await dataSource.destroy();
    }
  });
});

describe('the schema on MariaDB', () => {
  test('of several migrators at once, one works and all succeed', async () => {
    const { url } = await mariadb();
    const runs = await Promise.all(Array.from({ length: 4 }, () => migrateDatabase(url)));
    expect(runs.filter((names) => names.length > 0)).toEqual([NAMES]);
  });

  test('a database that is not up to date is refused, with what to do', async () => {
    const { url } = await mariadb();
    const refused = openStore({ url, migrate: false, clock: systemClock });
    await expect(refused).rejects.toThrow(StoreConfigurationError);
    await expect(refused).rejects.toThrow(/npm run migrate/);
    await migrateDatabase(url);
    await using store = await openStore({ url, migrate: false, clock: systemClock });
    await store.ping();
  });

  test('every table is InnoDB, and every text utf8mb4 without padding', async () => {
    const database = await migrated(mariadb);
    const tables = await query(
      database,
      `SELECT TABLE_NAME AS name, ENGINE AS engine FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()
       AND ENGINE <> 'InnoDB'`,
    );
    expect(tables).toEqual([]);
    const columns = await query(
      database,
      `SELECT TABLE_NAME AS name, COLUMN_NAME AS col, COLLATION_NAME AS coll FROM information_schema.COLUMNS
       WHERE TABLE_SCHEMA = DATABASE() AND COLLATION_NAME IS NOT NULL AND TABLE_NAME <> 'migrations'
       AND COLLATION_NAME <> 'utf8mb4_nopad_bin'`,
    );
    expect(columns).toEqual([]);
  });
});

async function migrated(create: () => Promise<Database>): Promise<Database> {
  const database = await create();
  await migrateDatabase(database.url);
  return database;
}

async function epochOf({ url }: Database): Promise<string> {
  await using store = await openStore({ url, migrate: false, clock: systemClock });
  return await store.logEpoch();
}

async function execute(database: Database, ...statements: string[]): Promise<void> {
  for (const statement of statements) await query(database, statement);
}

async function query(database: Database, statement: string): Promise<unknown> {
  const dataSource = await database.connect();
  try {
    return await dataSource.query(statement);
  } finally {
    await dataSource.destroy();
  }
}
