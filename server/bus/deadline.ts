import type { Clock } from '../lib/clock.ts';

/**
 * Runs `expired` after `ms`, unless what this gives was called before. What has arrived by then is read first: a process
 * that was held up itself doesn't take others for dead.
 */
export function deadline(clock: Clock, ms: number, expired: () => void): () => void {
  let immediate: NodeJS.Immediate | undefined;
  const timer = clock.after(ms, () => (immediate = setImmediate(expired)));
  return () => {
    timer.cancel();
    clearImmediate(immediate);
  };
}

/** What `work` gives. @throws Error `what` when it takes longer than `ms` */
export async function within<T>(clock: Clock, ms: number, work: Promise<T>, what: string): Promise<T> {
  const late = Promise.withResolvers<never>();
  const cancel = deadline(clock, ms, () => late.reject(new Error(`${what} took longer than ${ms} ms`)));
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    cancel();
  }
}
