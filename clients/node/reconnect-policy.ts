import type { ParleyError } from './errors.ts';

/** How long to wait between attempts. */
export interface Backoff {
  /** The longest wait after the first failure. Default: 200. */
  readonly baseMs: number;
  /** The longest wait at all. Default: 10,000. */
  readonly capMs: number;
}

export const DEFAULT_BACKOFF: Backoff = { baseMs: 200, capMs: 10_000 };

/** How a stream ended. */
export interface StreamEnd {
  /** Unset where the server ended it with OK. */
  readonly error: ParleyError | undefined;
  /** What the server asked for before it ended the stream. */
  readonly goAway?: { readonly reconnect: boolean; readonly reconnectAfterMs: number | undefined };
}

export type Decision =
  { readonly reconnect: true; readonly delayMs: number } | { readonly reconnect: false; readonly error: ParleyError };

/**
 * Full jitter: any wait from 0 to `baseMs` × 2^`failures`, at most `capMs`, so that clients that lost a replica together
 * do not come back together.
 *
 * @param failures how many attempts failed in a row before this one: 0, 1, 2 …
 * @param random from 0 (included) to 1 (excluded)
 */
export function jitteredDelayMs(
  failures: number,
  random: number,
  { baseMs, capMs }: Backoff = DEFAULT_BACKOFF,
): number {
  return random * Math.min(capMs, baseMs * 2 ** Math.min(failures, 30));
}

/**
 * Whether to come back after a stream ended, and when. A wait that the server asked for is kept, and spread a little
 * where the server has not spread it itself.
 */
export function decide(end: StreamEnd, failures: number, random: number, backoff: Backoff = DEFAULT_BACKOFF): Decision {
  const { error, goAway } = end;
  const jitterMs = jitteredDelayMs(failures, random, backoff);
  if (error && !mayComeBack(error)) return { reconnect: false, error };
  if (goAway?.reconnect) return { reconnect: true, delayMs: goAway.reconnectAfterMs ?? jitterMs };
  return { reconnect: true, delayMs: (error?.retryAfterMs ?? 0) + jitterMs };
}

function mayComeBack(error: ParleyError): boolean {
  switch (error.code) {
    case 'UNAVAILABLE':
    case 'DEADLINE_EXCEEDED':
    case 'RESOURCE_EXHAUSTED':
    // A proxy whose backend was lost.
    case 'INTERNAL':
    case 'CANCELLED':
    case 'ABORTED':
    // A proxy's page instead of an answer.
    case 'UNKNOWN':
      return true;
    default:
      return false;
  }
}
