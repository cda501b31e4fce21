import { DomainError } from '../lib/errors.ts';
import { OutcomeUnknown, StoreUnavailable } from '../store/seam/failures.ts';

/** What to tell of a failure of the store as a whole; null where it lies in what was asked. */
export function storeFailure(error: unknown): DomainError | null {
  if (error instanceof StoreUnavailable) {
    return new DomainError('STORE_UNAVAILABLE', 'the database does not answer; nothing was stored', {
      retryAfterMs: 1_000,
      cause: error,
    });
  }
  if (error instanceof OutcomeUnknown) {
    return new DomainError('OUTCOME_UNKNOWN', 'not known whether it is stored; ask again in the same way', {
      retryAfterMs: 1_000,
      cause: error,
    });
  }
  return null;
}
