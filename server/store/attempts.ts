import { type Clock, pause } from '../lib/clock.ts';
import { backoffMs, CALL_DEADLINE_MS, DeadlineExceeded, judge, type Phase, RETRY_BUDGET_MS } from './retry.ts';
import { OutcomeUnknown, StoreUnavailable } from './seam/failures.ts';

/** One attempt's side of the bargain: it says how far it is, and is told when its time is over. */
export interface Attempt {
  phase: Phase;
  /** Aborted at the call's deadline: whoever holds a connection gives it up then. */
  readonly signal: AbortSignal;
}

export interface AttemptOptions {
  readonly clock: Clock;
  /** Whether a commit whose fate is unknown may be tried again. */
  readonly repeatable: boolean;
  /** Turns an error that ends the call into what the caller may see. */
  readonly translate: (error: unknown) => unknown;
}

/**
 * Runs attempts until one succeeds, fails for good, or the budget is spent; the caller is answered by the call's
 * deadline even where an attempt hangs.
 *
 * @throws StoreUnavailable, OutcomeUnknown, or what the attempt threw, translated
 */
export async function runAttempts<T>(options: AttemptOptions, run: (attempt: Attempt) => Promise<T>): Promise<T> {
  const { clock, repeatable, translate } = options;
  const started = clock.monotonic();
  const controller = new AbortController();
  const deadline = clock.after(CALL_DEADLINE_MS, () => {
    controller.abort(new DeadlineExceeded(`the database did not answer within ${CALL_DEADLINE_MS} ms`));
  });
  try {
    let fateUnknown = false;
    for (let failures = 1; ; failures++) {
      const attempt: Attempt = { phase: 'work', signal: controller.signal };
      try {
        return await untilAborted(run(attempt), controller.signal);
      } catch (error) {
        const verdict = judge(error, attempt.phase, repeatable);
        if (verdict === 'rethrow') throw translate(error);
        fateUnknown ||= verdict === 'unknown' || verdict === 'retry-unknown';
        const pauseMs = backoffMs(failures);
        const spent = clock.monotonic() - started + pauseMs > RETRY_BUDGET_MS;
        if (spent || verdict === 'unavailable' || verdict === 'unknown') throw ending(translate(error), fateUnknown);
        await pause(clock, pauseMs);
      }
    }
  } finally {
    deadline.cancel();
  }
}

/** As `promise`, but rejects with the signal's reason when it is aborted first. */
export async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function ending(cause: unknown, fateUnknown: boolean): Error {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return fateUnknown
    ? new OutcomeUnknown(`the connection was lost while committing: ${reason}`, { cause })
    : new StoreUnavailable(`the database is not available: ${reason}`, { cause });
}
