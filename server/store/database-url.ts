/** The store can't be opened as it is configured; the message tells a person what to change. */
export class StoreConfigurationError extends Error {
  override readonly name = 'StoreConfigurationError';
}

export interface SqliteLocation {
  readonly engine: 'sqlite';
  /** A path, or `:memory:`. */
  readonly path: string;
}

export interface MysqlLocation {
  readonly engine: 'mysql';
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly socketPath: string | undefined;
  /** TLS, with the server's certificate verified. */
  readonly tls: boolean;
}

const FORMS = 'sqlite:PATH, sqlite::memory: or mysql://USER:PASSWORD@HOST:PORT/DATABASE (?socketPath=PATH, ?tls=true)';

/**
 * Reads a database URL.
 *
 * @throws StoreConfigurationError, without the URL's password in its message.
 */
export function parseDatabaseUrl(url: string): SqliteLocation | MysqlLocation {
  if (url.startsWith('sqlite:')) return parseSqlite(url.slice('sqlite:'.length));
  if (/^(mysql|mariadb):/.test(url)) return parseMysql(url);
  throw new StoreConfigurationError(`database URL: the scheme must be sqlite or mysql; allowed: ${FORMS}`);
}

function parseSqlite(rest: string): SqliteLocation {
  const path = rest.startsWith('//') ? rest.slice(2) : rest;
  if (path === '') throw new StoreConfigurationError(`database URL: the path of the SQLite file is missing: ${FORMS}`);
  return { engine: 'sqlite', path };
}

function parseMysql(text: string): MysqlLocation {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url) throw new StoreConfigurationError(`database URL: not a URL; allowed: ${FORMS}`);
  const database = decode(url.pathname.slice(1));
  if (database === '' || database.includes('/')) {
    throw new StoreConfigurationError(`database URL: name one database after the host: ${FORMS}`);
  }
  for (const option of url.searchParams.keys()) {
    if (option !== 'socketPath' && option !== 'tls') {
      throw new StoreConfigurationError(`database URL: unknown option "${option}"; allowed: socketPath, tls`);
    }
  }
  const tls = url.searchParams.get('tls') ?? 'false';
  if (tls !== 'true' && tls !== 'false') throw new StoreConfigurationError('database URL: tls must be true or false');
  return {
    engine: 'mysql',
    host: url.hostname.replace(/^\[(.*)\]$/, '$1') || 'localhost',
    port: url.port === '' ? 3306 : Number(url.port),
    user: decode(url.username),
    password: decode(url.password),
    database,
    socketPath: url.searchParams.get('socketPath') ?? undefined,
    tls: tls === 'true',
  };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (cause) {
    throw new StoreConfigurationError('database URL: a % is not followed by two hexadecimal digits', { cause });
  }
}
