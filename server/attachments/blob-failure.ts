import { BlobsFull, BlobsUnavailable } from '../blobs/blobs.ts';
import { DomainError } from '../lib/errors.ts';

/** What to tell of a failure of the blobs as a whole; anything else as it is. */
export function blobFailure(error: unknown): unknown {
  if (error instanceof BlobsFull) {
    return new DomainError('OVERLOADED', 'there is no room for files at present', {
      retryAfterMs: 60_000,
      cause: error,
    });
  }
  if (error instanceof BlobsUnavailable) {
    return new DomainError('STORE_UNAVAILABLE', 'the files can not be reached at present', {
      retryAfterMs: 1_000,
      cause: error,
    });
  }
  return error;
}
