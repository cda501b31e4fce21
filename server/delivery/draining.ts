import { DomainError } from '../lib/errors.ts';

/** Why a replica that shuts down takes nothing more in. */
export function draining(): DomainError {
  return new DomainError('DRAINING', 'the replica is shutting down; connect again', { retryAfterMs: 1_000 });
}
