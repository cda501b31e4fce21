/** The database can't be reached, or answered none of the retries. Nothing was stored. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

/** The connection was lost while committing: stored or not, nobody knows. */
export class OutcomeUnknown extends Error {
  override readonly name = 'OutcomeUnknown';
}

/** A unique index refused a row. `key` is the index's name where the engine tells it, else its columns. */
export class DuplicateKey extends Error {
  override readonly name = 'DuplicateKey';
  readonly key: string;

  constructor(key: string, cause?: unknown) {
    super(`duplicate key: ${key}`, { cause });
    this.key = key;
  }
}
