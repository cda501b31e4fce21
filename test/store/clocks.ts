import { type Clock, systemClock } from '../../server/lib/clock.ts';

/** Time for a server to start in: the budget is never spent, and no call is cut off. */
export const patientClock: Clock = {
  ...systemClock,
  monotonic: () => 0,
  after: (delayMs, action) => systemClock.after(delayMs > 1_000 ? 60_000 : delayMs, action),
};

/** Calls are cut off after half a second. */
export const hastyClock: Clock = {
  ...systemClock,
  after: (delayMs, action) => systemClock.after(delayMs > 1_000 ? 500 : delayMs, action),
};
