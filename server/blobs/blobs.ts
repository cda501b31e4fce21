/**
 * Where the bytes of files are: whole small blobs (of 1 MiB at most) under keys that this program makes. Made so that an
 * object store can take its place: nothing is appended, renamed or read in parts. One conformance suite proves each
 * implementation.
 */
export interface Blobs {
  /**
   * Stores a blob. When this returns, it survives the loss of power. A blob never changes: putting the same bytes again
   * is harmless, whoever does it, and of several puts at once with other bytes exactly one wins.
   *
   * @throws BlobDiffers when the key has other bytes, which stay; BlobsFull, BlobsUnavailable: nothing is stored then,
   *   or all of it
   */
  put(key: string, bytes: Uint8Array): Promise<void>;
  /**
   * The bytes exactly as they were put; undefined where there are none.
   *
   * @throws BlobDamaged when they are not what was put; BlobsUnavailable
   */
  get(key: string): Promise<Uint8Array | undefined>;
  /** Deletes blobs; one that isn't there is no error. @throws BlobsUnavailable: some may be deleted */
  delete(keys: readonly string[]): Promise<void>;
}

/** The key has other bytes. */
export class BlobDiffers extends Error {
  override readonly name = 'BlobDiffers';

  constructor(key: string) {
    super(`blob ${key} is there with other bytes`);
  }
}

/** What is stored is not what was put. */
export class BlobDamaged extends Error {
  override readonly name = 'BlobDamaged';

  constructor(key: string) {
    super(`blob ${key} is damaged`);
  }
}

/** There is no room. */
export class BlobsFull extends Error {
  override readonly name = 'BlobsFull';
}

/** The blobs can't be reached, for now. */
export class BlobsUnavailable extends Error {
  override readonly name = 'BlobsUnavailable';
}

const KEY = /^[\w-]{1,100}(?:\/[\w-]{1,100})*$/;

/** @throws RangeError for what is no key: words of letters, digits, `_` and `-`, separated by `/` */
export function checkKey(key: string): string {
  if (!KEY.test(key)) throw new RangeError(`not a blob's key: ${JSON.stringify(key)}`);
  return key;
}
