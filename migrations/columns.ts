import type { QueryRunner, TableColumnOptions } from 'typeorm';

type Options = Partial<TableColumnOptions>;

/** Column definitions in the words of the engine that a migration runs on. */
export interface Columns {
  /** An auto-increment 64-bit key called `id`. */
  id(): TableColumnOptions;
  int64(name: string, options?: Options): TableColumnOptions;
  int32(name: string, options?: Options): TableColumnOptions;
  int16(name: string, options?: Options): TableColumnOptions;
  /** Text of at most `length` characters, compared byte by byte, trailing spaces too. */
  varchar(name: string, length: number, options?: Options): TableColumnOptions;
  /** Text of at most 64 KiB. */
  text(name: string, options?: Options): TableColumnOptions;
  /** Exactly so many bytes. */
  binary(name: string, length: number, options?: Options): TableColumnOptions;
  /** At most 64 KiB. */
  blob(name: string, options?: Options): TableColumnOptions;
}

const required = { isNullable: false };

const sqliteColumns: Columns = {
  id: () => ({ name: 'id', type: 'integer', isPrimary: true, isGenerated: true, generationStrategy: 'increment' }),
  int64: (name, options) => ({ ...required, name, type: 'integer', ...options }),
  int32: (name, options) => ({ ...required, name, type: 'integer', ...options }),
  int16: (name, options) => ({ ...required, name, type: 'smallint', ...options }),
  varchar: (name, length, options) => ({ ...required, name, type: 'varchar', length: String(length), ...options }),
  text: (name, options) => ({ ...required, name, type: 'text', ...options }),
  binary: (name, length, options) => ({ ...required, name, type: 'blob', length: String(length), ...options }),
  blob: (name, options) => ({ ...required, name, type: 'blob', ...options }),
};

function mysqlColumns(collation: string): Columns {
  const letters = { charset: 'utf8mb4', collation };
  return {
    id: () => ({ name: 'id', type: 'bigint', isPrimary: true, isGenerated: true, generationStrategy: 'increment' }),
    int64: (name, options) => ({ ...required, name, type: 'bigint', ...options }),
    int32: (name, options) => ({ ...required, name, type: 'int', ...options }),
    int16: (name, options) => ({ ...required, name, type: 'smallint', ...options }),
    varchar: (name, length, options) => ({
      ...required,
      ...letters,
      name,
      type: 'varchar',
      length: String(length),
      ...options,
    }),
    text: (name, options) => ({ ...required, ...letters, name, type: 'text', ...options }),
    binary: (name, length, options) => ({ ...required, name, type: 'binary', length: String(length), ...options }),
    blob: (name, options) => ({ ...required, name, type: 'blob', ...options }),
  };
}

/** What the engine behind `runner` calls its columns; on MySQL and MariaDB with the NOPAD binary collation of each. */
export async function columnsOf(runner: QueryRunner): Promise<Columns> {
  if (runner.dataSource.options.type === 'better-sqlite3') return sqliteColumns;
  const [row] = (await runner.query('SELECT VERSION() AS version')) as [{ version: string }];
  return mysqlColumns(/mariadb/i.test(row.version) ? 'utf8mb4_nopad_bin' : 'utf8mb4_0900_bin');
}
