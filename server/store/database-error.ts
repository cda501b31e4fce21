import type { EntityMetadata } from 'typeorm';
import { classify, driverError } from './retry.ts';
import { DuplicateKey } from './seam/failures.ts';

/** A statement failed for a reason that is a bug. Without the statement and its parameters: they hold what users say. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
  readonly code: string | undefined;

  constructor(message: string, code: string | undefined) {
    super(message);
    this.code = code;
  }
}

/** What leaves the store for an error: DuplicateKey, DatabaseError, or the error itself where no driver threw it. */
export function translate(error: unknown, tables: readonly EntityMetadata[]): unknown {
  const cause = driverError(error);
  const { message = '', code } = (cause ?? {}) as { message?: string; code?: string };
  if (classify(error) === 'duplicate') return new DuplicateKey(keyName(message, tables));
  return cause === error ? error : new DatabaseError(message, code);
}

/** The index's name. MySQL tells it; SQLite tells the columns, which are looked up. */
function keyName(message: string, tables: readonly EntityMetadata[]): string {
  const named = /for key '(?:[^']*\.)?([^'.]+)'/.exec(message)?.[1];
  if (named !== undefined) return named;
  const columns = /constraint failed: (.+)$/.exec(message)?.[1]?.split(', ') ?? [];
  const [tableName = ''] = columns[0]?.split('.') ?? [];
  const table = tables.find((candidate) => candidate.tableName === tableName);
  const refused = (names: readonly string[]) =>
    names.length === columns.length && names.every((name) => columns.includes(`${tableName}.${name}`));
  if (table && refused(table.primaryColumns.map((column) => column.databaseName))) return 'PRIMARY';
  const index = table?.indices.find(
    (candidate) => candidate.isUnique && refused(candidate.columns.map((column) => column.databaseName)),
  );
  return index?.name ?? columns.join(', ');
}
