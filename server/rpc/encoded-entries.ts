import { Message } from '../../proto/gen/parley/v1/message.pb.ts';
import type { Entry } from '../store/seam/entry.ts';
import { toMessage } from './wire-entries.ts';

/**
 * Where an entry's bytes are kept, as long as the entry: it is encoded once for all its readers, here and elsewhere. Not
 * in a WeakMap: with the entries of a long backlog in it, each scavenge took three times as long.
 */
const ENCODED = Symbol('encoded');

interface EncodedEntry extends Entry {
  readonly [ENCODED]?: Uint8Array;
}

/** The entry as a `parley.v1.Message`. */
export function encodeEntry(entry: EncodedEntry): Uint8Array {
  const known = entry[ENCODED];
  if (known !== undefined) return known;
  const encoded = Message.encode(toMessage(entry)).finish();
  keepEncoded(entry, encoded);
  return encoded;
}

/** The bytes that the entry was read from are those that its readers are given. */
export function keepEncoded(entry: Entry, encoded: Uint8Array): void {
  // Not enumerable: a copy that says something else must not take them along.
  Object.defineProperty(entry, ENCODED, { value: encoded, configurable: true });
}
