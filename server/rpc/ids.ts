import { invalidField } from '../lib/errors.ts';

/** The one place where int64 on the wire becomes a plain number, and back. */

/** An id: 1 to 2^53 − 1. @throws DomainError INVALID_FIELD */
export function toId(value: bigint, field: string): number {
  if (value < 1n || value > Number.MAX_SAFE_INTEGER) throw invalidField(field, 'an id: 1 to 9007199254740991');
  return Number(value);
}

/** A seq, or 0 for the place before the first one: 0 to 2^53 − 1. @throws DomainError INVALID_FIELD */
export function toSeq(value: bigint, field: string): number {
  if (value < 0n || value > Number.MAX_SAFE_INTEGER) throw invalidField(field, 'a seq: 0 to 9007199254740991');
  return Number(value);
}

export function fromNumber(value: number): bigint {
  return BigInt(value);
}
