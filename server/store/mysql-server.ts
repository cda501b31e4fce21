import { type Connection, createConnection } from 'mysql2/promise';
import { type MysqlLocation, StoreConfigurationError } from './database-url.ts';
import { StoreUnavailable } from './seam/failures.ts';

export type MysqlFlavour = 'mysql' | 'mariadb';

export const CONNECT_TIMEOUT_MS = 3_000;

/** Errors that a person has to do something about; retrying won't. */
const CONFIGURATION_ERRORS = new Map<number | undefined, string>([
  [1044, 'the user may not use it'],
  [1045, 'user or password are refused'],
  [1049, 'there is no such database; create it first'],
  [1698, 'user or password are refused'],
]);

/**
 * Connects once to learn what the server is: MySQL and MariaDB differ in their session settings and collations.
 *
 * @throws StoreConfigurationError, StoreUnavailable
 */
export async function identifyServer(location: MysqlLocation): Promise<MysqlFlavour> {
  let connection: Connection | undefined;
  try {
    connection = await createConnection(connectionOptions(location));
    const [rows] = await connection.query('SELECT VERSION() AS version');
    const { version } = (rows as [{ version: string }])[0];
    return flavourOf(version);
  } catch (cause) {
    throw openingError(location, cause);
  } finally {
    connection?.destroy();
  }
}

/** mysql2's options for a server. */
export function connectionOptions(location: MysqlLocation) {
  const { host, port, user, password, database, socketPath, tls } = location;
  return {
    ...(socketPath === undefined ? { host, port } : { socketPath }),
    user,
    password,
    database,
    connectTimeout: CONNECT_TIMEOUT_MS,
    charset: 'utf8mb4',
    ...(tls ? { ssl: {} } : {}),
  };
}

/**
 * Tells MySQL 8 from MariaDB by the version text.
 *
 * @throws StoreConfigurationError for a version that lacks what the store needs
 */
export function flavourOf(version: string): MysqlFlavour {
  const mariadb = /mariadb/i.test(version);
  // MariaDB may put a 5.5.5- before its version, for old replicas.
  const [major = 0, minor = 0] = version
    .replace(/^5\.5\.5-/, '')
    .split('.')
    .map((part) => Number.parseInt(part, 10));
  const recent = mariadb ? major > 10 || (major === 10 && minor >= 11) : major >= 8;
  if (!recent)
    throw new StoreConfigurationError(`the server is ${version}; needed: MariaDB 10.11 or MySQL 8, or later`);
  return mariadb ? 'mariadb' : 'mysql';
}

/** What to tell where a database can't be opened; never with the password. */
export function openingError(location: MysqlLocation, cause: unknown): Error {
  if (cause instanceof StoreConfigurationError || cause instanceof StoreUnavailable) return cause;
  const { database, user, host, port, socketPath } = location;
  const name = `database ${database} as ${user || 'nobody'} at ${socketPath ?? `${host}:${port}`}`;
  const { errno, message } = cause as { errno?: number; message?: string };
  const toDo = CONFIGURATION_ERRORS.get(errno);
  if (toDo !== undefined) return new StoreConfigurationError(`${name}: ${toDo} (${message})`, { cause });
  return new StoreUnavailable(`${name} can't be reached: ${message}`, { cause });
}
