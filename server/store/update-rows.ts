import type { TupleUpdate } from './dialect.ts';
import type { Parameter, Sql } from './sql.ts';

/** Rows to update; each tuple: its keys, then its values. */
export interface RowsUpdate extends TupleUpdate {
  readonly tuples: readonly (readonly number[])[];
  /** Of `set`, then of the condition. */
  readonly parameters?: readonly Parameter[];
}

const TUPLES_PER_STATEMENT = 500;

/** Updates many rows in few statements, in the order of their keys, so that two batches can't deadlock. */
export async function updateRows(sql: Sql, update: RowsUpdate): Promise<void> {
  const { tuples, parameters = [] } = update;
  const run = async (chunk: readonly (readonly number[])[]) => {
    await sql.run(sql.dialect.updateFromTuples(update, chunk.length), [...chunk.flat(), ...parameters]);
    return [];
  };
  const width = update.keys.length + update.values.length;
  await sql.inChunks(tuples.toSorted(ascending), width, run, TUPLES_PER_STATEMENT);
}

/**
 * Raises values of the rows, never lowers one; of several tuples for one row, the highest of each value counts. `set`:
 * how a column is raised, where it is not simply to the higher value.
 */
export async function raiseRows(
  sql: Sql,
  rows: Pick<RowsUpdate, 'table' | 'keys' | 'values' | 'tuples'> & Partial<Pick<RowsUpdate, 'set'>>,
): Promise<void> {
  const higher = (column: string) => [column, sql.dialect.greatest(`t.${column}`, `v.${column}`)] as const;
  const set = rows.set ?? Object.fromEntries(rows.values.map(higher));
  await updateRows(sql, { ...rows, set, tuples: highestOfEach(rows.tuples, rows.keys.length) });
}

function highestOfEach(tuples: readonly (readonly number[])[], keys: number): number[][] {
  const merged = new Map<string, number[]>();
  for (const tuple of tuples) {
    const key = tuple.slice(0, keys).join(':');
    const earlier = merged.get(key) ?? tuple;
    merged.set(
      key,
      earlier.map((value, index) => Math.max(value, tuple[index]!)),
    );
  }
  return [...merged.values()];
}

function ascending(a: readonly number[], b: readonly number[]): number {
  const differing = a.findIndex((value, index) => value !== b[index]);
  return differing < 0 ? 0 : a[differing]! - b[differing]!;
}
