/** An update of many rows of `t` from as many tuples `v`. Names and expressions are this code's own, never input. */
export interface TupleUpdate {
  readonly table: string;
  /** The columns by which a tuple finds its row: the primary key. */
  readonly keys: readonly string[];
  /** The tuple's further columns. */
  readonly values: readonly string[];
  /** Expressions over `t` and `v` for the columns to be set. */
  readonly set: Readonly<Record<string, string>>;
  /** A further condition on the row. */
  readonly condition?: string;
}

/** Where the SQL of the engines differs. Everything else runs on both; names are quoted with backticks. */
export interface Dialect {
  readonly engine: 'sqlite' | 'mysql';
  /** The database's clock: UTC milliseconds. */
  readonly nowMs: string;
  /** At most so many parameters in one statement. */
  readonly maxParameters: number;
  /** After a SELECT of one row by its key: locks it until the transaction ends. */
  readonly forUpdate: string;
  /** After that: what is locked elsewhere is left out. */
  readonly skipLocked: string;
  /** After a SELECT: locks the rows against changes, not against readers, until the transaction ends. */
  readonly forShare: string;
  /** Joins in the order written, whatever the optimizer thinks; with ON. */
  readonly orderedJoin: string;
  /** The greater of two numbers. */
  greatest(a: string, b: string): string;
  /** Whether the columns are one of `tuples`, by an index on them; the parameters are the tuples. */
  amongTuples(columns: readonly string[], tuples: number): string;
  /** Reads and locks the heads of `ids` conversations, one after the other as given, and no other row. */
  lockHeads(ids: number, held: 'skip' | 'wait'): string;
  /**
   * Updates rows in the order of the tuples, and locks no other row; rows that don't exist are passed over. The
   * parameters are the tuples, then those of `set`, then those of the condition.
   */
  updateFromTuples(update: TupleUpdate, tuples: number): string;
}

/** `count` placeholders for an IN list. */
export function placeholders(count: number): string {
  return Array<string>(count).fill('?').join(', ');
}

function tupleList(width: number, tuples: number): string {
  return Array<string>(tuples)
    .fill(`(${placeholders(width)})`)
    .join(', ');
}

const HEAD = 't.id, t.last_seq, t.last_ordinal, t.members_version';

export const sqliteDialect: Dialect = {
  engine: 'sqlite',
  nowMs: "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
  maxParameters: 30_000,
  forUpdate: '',
  skipLocked: '',
  forShare: '',
  orderedJoin: 'CROSS JOIN',
  greatest: (a, b) => `MAX(${a}, ${b})`,
  amongTuples: (columns, tuples) => `(${columns.join(', ')}) IN (VALUES ${tupleList(columns.length, tuples)})`,
  // There is one writer: whoever is here holds every lock.
  lockHeads: (ids) => `SELECT ${HEAD} FROM conversation t WHERE t.id IN (${placeholders(ids)})`,
  updateFromTuples({ table, keys, values, set, condition }, tuples) {
    const columns = [...keys, ...values];
    const assignments = Object.entries(set).map(([column, expression]) => `${column} = ${expression}`);
    return (
      `WITH v(${columns.join(', ')}) AS (VALUES ${tupleList(columns.length, tuples)}) ` +
      `UPDATE \`${table}\` AS t SET ${assignments.join(', ')} FROM v WHERE ${matches(keys, condition)}`
    );
  },
};

/**
 * An IN list would leave the way to the rows to the optimizer, which scans a table when the list is long for its size,
 * and a scan stops at every lock on its way. A join from the list in the order given looks up each row by its key.
 */
export const mysqlDialect: Dialect = {
  engine: 'mysql',
  // Cast: a decimal would be read as text.
  nowMs: 'CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS UNSIGNED)',
  maxParameters: 30_000,
  forUpdate: ' FOR UPDATE',
  skipLocked: ' SKIP LOCKED',
  forShare: ' LOCK IN SHARE MODE',
  orderedJoin: 'STRAIGHT_JOIN',
  greatest: (a, b) => `GREATEST(${a}, ${b})`,
  amongTuples: (columns, tuples) => `(${columns.join(', ')}) IN (${tupleList(columns.length, tuples)})`,
  lockHeads: (ids, held) =>
    `SELECT ${HEAD} FROM (${unionOfTuples(['id'], ids)}) v STRAIGHT_JOIN conversation t ON t.id = v.id FOR UPDATE` +
    (held === 'skip' ? ' SKIP LOCKED' : ''),
  updateFromTuples({ table, keys, values, set, condition }, tuples) {
    const assignments = Object.entries(set).map(([column, expression]) => `t.${column} = ${expression}`);
    return (
      `UPDATE (${unionOfTuples([...keys, ...values], tuples)}) v STRAIGHT_JOIN \`${table}\` t ` +
      `ON ${matches(keys)} SET ${assignments.join(', ')}${condition === undefined ? '' : ` WHERE ${condition}`}`
    );
  },
};

function matches(keys: readonly string[], condition?: string): string {
  const equal = keys.map((key) => `t.${key} = v.${key}`);
  return [...equal, ...(condition === undefined ? [] : [condition])].join(' AND ');
}

/** MySQL and MariaDB have no common form of a VALUES list with names. */
function unionOfTuples(columns: readonly string[], tuples: number): string {
  const first = `SELECT ${columns.map((column) => `? AS ${column}`).join(', ')}`;
  const others = `SELECT ${placeholders(columns.length)}`;
  return [first, ...Array<string>(tuples - 1).fill(others)].join(' UNION ALL ');
}
