import type { Raise } from './dialect.ts';
import type { Parameter, Sql } from './sql.ts';

/** A batch of rows to raise; each row: its keys, then the raised columns. */
export interface RaiseRows extends Omit<Raise, 'rows'> {
  readonly rows: readonly (readonly number[])[];
  readonly conditionParameters?: readonly Parameter[];
}

const ROWS_PER_STATEMENT = 500;

/**
 * Raises columns of many rows, never lowers one. Rows are locked in the order of their keys, so that two batches
 * can't deadlock; several values for one row become its highest.
 */
export async function raiseRows(sql: Sql, batch: RaiseRows): Promise<void> {
  const { rows, conditionParameters = [], ...raise } = batch;
  const width = raise.keys.length + raise.raised.length;
  await sql.inChunks(
    highestOfEach(rows, raise.keys.length),
    width,
    async (chunk) => {
      await sql.run(sql.dialect.raise({ ...raise, rows: chunk.length }), [...chunk.flat(), ...conditionParameters]);
      return [];
    },
    ROWS_PER_STATEMENT,
  );
}

function highestOfEach(rows: readonly (readonly number[])[], keys: number): number[][] {
  const merged = new Map<string, number[]>();
  for (const row of rows) {
    const key = row.slice(0, keys).join(':');
    const earlier = merged.get(key);
    merged.set(key, earlier ? earlier.map((value, index) => Math.max(value, row[index]!)) : [...row]);
  }
  return [...merged.values()].sort((a, b) => {
    const difference = a.findIndex((value, index) => value !== b[index]);
    return difference < 0 ? 0 : a[difference]! - b[difference]!;
  });
}
