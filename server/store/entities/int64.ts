import type { ColumnOptions, ValueTransformer } from 'typeorm';

/** Reads a 64-bit integer column: drivers give numbers, or strings where a number would lose digits. */
export function toSafeInteger(value: unknown): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new RangeError(`not an integer below 2^53: ${String(value)}`);
  return number;
}

const transformer: ValueTransformer = {
  to: (value: unknown) => value,
  from: (value: unknown) => (value === null || value === undefined ? value : toSafeInteger(value)),
};

/** A 64-bit integer column that holds numbers up to 2^53 − 1. */
export const int64 = { type: 'bigint', transformer } as const satisfies ColumnOptions;
