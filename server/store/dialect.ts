/** Rows of a table whose columns are to be raised. Names are this code's own, never input. */
export interface Raise {
  readonly table: string;
  readonly keys: readonly string[];
  readonly raised: readonly string[];
  readonly rows: number;
  /** A further condition on the row (`t.…`), with its own parameters after those of the rows. */
  readonly condition?: string;
}

/** Where the SQL of the engines differs. Everything else runs on both; names are quoted with backticks. */
export interface Dialect {
  readonly engine: 'sqlite' | 'mysql';
  /** The database's clock: UTC milliseconds. */
  readonly nowMs: string;
  /** At most so many parameters in one statement. */
  readonly maxParameters: number;
  /** Reads and locks the heads of `rows` conversations, in the order of their ids. */
  lockHeads(rows: number, held: 'skip' | 'wait'): string;
  /** Whether the columns are one of `rows` tuples, by an index on them; the parameters are the tuples. */
  amongTuples(columns: readonly string[], rows: number): string;
  /**
   * Raises columns of many rows in one statement, never lowers one; rows that don't exist are passed over. The
   * parameters are, row by row, the keys and then the raised columns. Rows are locked in the order given.
   */
  raise(raise: Raise): string;
}

/** `count` placeholders for an IN list. */
export function placeholders(count: number): string {
  return Array<string>(count).fill('?').join(', ');
}

function tuples(width: number, rows: number): string {
  return Array<string>(rows)
    .fill(`(${placeholders(width)})`)
    .join(', ');
}

const HEADS = 'SELECT id, last_seq, last_ordinal, members_version FROM conversation';

export const sqliteDialect: Dialect = {
  engine: 'sqlite',
  nowMs: "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
  maxParameters: 30_000,
  // There is one writer: whoever is here holds every lock.
  lockHeads: (rows) => `${HEADS} WHERE id IN (${placeholders(rows)}) ORDER BY id`,
  amongTuples: (columns, rows) => `(${columns.join(', ')}) IN (VALUES ${tuples(columns.length, rows)})`,
  raise({ table, keys, raised, rows, condition }) {
    const columns = [...keys, ...raised];
    return (
      `WITH v(${columns.join(', ')}) AS (VALUES ${tuples(columns.length, rows)}) ` +
      `UPDATE \`${table}\` AS t SET ${raised.map((c) => `${c} = MAX(t.${c}, v.${c})`).join(', ')} FROM v ` +
      `WHERE ${keys.map((c) => `t.${c} = v.${c}`).join(' AND ')}${condition ? ` AND ${condition}` : ''}`
    );
  },
};

export const mysqlDialect: Dialect = {
  engine: 'mysql',
  // Cast: a decimal would be read as text.
  nowMs: 'CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS UNSIGNED)',
  maxParameters: 30_000,
  // Without the hint a small table is scanned, and a scan waits for locks on rows that nobody asked for.
  lockHeads: (rows, held) =>
    `${HEADS} FORCE INDEX (PRIMARY) WHERE id IN (${placeholders(rows)}) ORDER BY id FOR UPDATE` +
    (held === 'skip' ? ' SKIP LOCKED' : ''),
  amongTuples: (columns, rows) => `(${columns.join(', ')}) IN (${tuples(columns.length, rows)})`,
  raise({ table, keys, raised, rows, condition }) {
    const columns = [...keys, ...raised];
    const first = `SELECT ${columns.map((c) => `? AS ${c}`).join(', ')}`;
    const others = `SELECT ${placeholders(columns.length)}`;
    const values = [first, ...Array<string>(rows - 1).fill(others)].join(' UNION ALL ');
    return (
      `UPDATE (${values}) v STRAIGHT_JOIN \`${table}\` t ON ${keys.map((c) => `t.${c} = v.${c}`).join(' AND ')} ` +
      `SET ${raised.map((c) => `t.${c} = GREATEST(t.${c}, v.${c})`).join(', ')}` +
      (condition ? ` WHERE ${condition}` : '')
    );
  },
};
