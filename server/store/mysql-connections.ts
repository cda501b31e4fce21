import mysql, { type PoolOptions } from 'mysql2';
import { DataSource } from 'typeorm';
import { allMigrations } from '../../migrations/all-migrations.ts';
import type { MysqlLocation } from './database-url.ts';
import { allEntities } from './entities/all-entities.ts';
import { connectionOptions, CONNECT_TIMEOUT_MS, type MysqlFlavour, openingError } from './mysql-server.ts';
import { type SessionUse, sessionSettings } from './mysql-session.ts';

/** Callers that wait for a connection; each gives up at its own deadline. More are refused at once. */
const QUEUE_LIMIT = 1_000;

export interface MysqlPoolOptions {
  readonly flavour: MysqlFlavour;
  readonly use: SessionUse;
  readonly poolSize: number;
}

/**
 * A TypeORM data source with a pool of connections, each set up before its first statement.
 *
 * @throws StoreConfigurationError, StoreUnavailable
 */
export async function openMysql(location: MysqlLocation, options: MysqlPoolOptions): Promise<DataSource> {
  const dataSource = new DataSource({
    type: options.flavour,
    driver: { createPool: poolWithSettings(sessionSettings(options.flavour, options.use)) },
    ...typeormCredentials(location),
    charset: 'utf8mb4',
    timezone: 'Z',
    connectTimeout: CONNECT_TIMEOUT_MS,
    // 64-bit integers are numbers, and strings only where a number would lose digits.
    supportBigNumbers: true,
    bigNumberStrings: false,
    poolSize: options.poolSize,
    extra: { queueLimit: QUEUE_LIMIT },
    entities: [...allEntities],
    migrations: [...allMigrations],
  });
  try {
    return await dataSource.initialize();
  } catch (cause) {
    throw openingError(location, cause);
  }
}

function typeormCredentials(location: MysqlLocation) {
  const { user: username, ...options } = connectionOptions(location);
  return { ...options, username };
}

/**
 * TypeORM has no hook for a new connection. Statements run in the order given, so those of the caller come after the
 * settings; a connection that refuses them is not used.
 */
function poolWithSettings(settings: string) {
  return (options: PoolOptions) => {
    const pool = mysql.createPool(options);
    pool.on('connection', (connection) => {
      connection.query(settings, (error) => {
        if (error) connection.destroy();
      });
    });
    return pool;
  };
}
