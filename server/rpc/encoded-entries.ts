import { Message } from '../../proto/gen/parley/v1/message.pb.ts';
import type { Entry } from '../store/seam/entry.ts';
import { toMessage } from './wire-entries.ts';

/** The bytes of entries, kept as long as the entry: it is encoded once for all its readers, here and elsewhere. */
const encodedEntries = new WeakMap<Entry, Uint8Array>();

/** The entry as a `parley.v1.Message`. */
export function encodeEntry(entry: Entry): Uint8Array {
  const known = encodedEntries.get(entry);
  if (known !== undefined) return known;
  const encoded = Message.encode(toMessage(entry)).finish();
  encodedEntries.set(entry, encoded);
  return encoded;
}

/** The bytes that the entry was read from are those that its readers are given. */
export function keepEncoded(entry: Entry, encoded: Uint8Array): void {
  encodedEntries.set(entry, encoded);
}
