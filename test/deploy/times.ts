/** GrpcServer's own grace for what doesn't end by itself, and the time to write out what is left. */
const AFTER_DRAIN_MS = 3_000 + 5_000;

/** How long a replica takes to drain, at most, in milliseconds. */
export function drainMs(environment: Readonly<Record<string, string>>): number {
  const { PARLEY_DRAIN_WAIT_MS: wait, PARLEY_DRAIN_SPREAD_MS: spread } = environment;
  return Number(wait ?? NaN) + Number(spread ?? NaN) + AFTER_DRAIN_MS;
}

/** @throws RangeError for anything but whole seconds, such as 30s */
export function seconds(duration: unknown): number {
  const digits = /^(\d+)s$/.exec(String(duration))?.[1];
  if (digits === undefined) throw new RangeError(`${String(duration)} is not a number of seconds`);
  return Number(digits);
}
