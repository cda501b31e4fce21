import { DomainError } from '../lib/errors.ts';

/** Why a stream that is well is asked to come back. */
export type Departure = 'draining' | 'max_age' | 'log_replaced';

const TEXTS: Readonly<Record<Departure, string>> = {
  draining: 'the replica is shutting down; connect again',
  max_age: 'the stream was open for as long as one may be; connect again',
  log_replaced: 'the log is another one than when the stream began; connect again',
};

/** What a replica, or a stream, that takes nothing more in says. */
export function draining(why: Departure = 'draining'): DomainError {
  return new DomainError('DRAINING', TEXTS[why], { retryAfterMs: 1_000 });
}
