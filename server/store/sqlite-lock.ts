import Database from 'better-sqlite3';
import { StoreConfigurationError } from './database-url.ts';

/**
 * Keeps a second process (or a second store of this one) off a database file: presence, the dispatcher and the caches
 * of two replicas on one file would not know of each other. The operating system drops the lock with its holder, so a
 * killed process leaves none behind.
 *
 * @throws StoreConfigurationError when another holds it
 */
export function lockSqliteFile(path: string): { release(): void } {
  const lockPath = `${path}.lock`;
  const database = new Database(lockPath, { timeout: 0 });
  try {
    database.pragma('locking_mode = EXCLUSIVE');
    database.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    database.close();
    if ((cause as { code?: string }).code !== 'SQLITE_BUSY') throw cause;
    throw new StoreConfigurationError(
      `${path} is in use by another process (it holds ${lockPath}). One process at a time may open a SQLite file; ` +
        'for several replicas use MySQL.',
      { cause },
    );
  }
  return { release: () => void database.close() };
}
