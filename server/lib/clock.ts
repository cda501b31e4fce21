/** A timer that was set; `cancel` is harmless after it has fired. */
export interface Timer {
  cancel(): void;
}

/** Where time comes from, so that tests can move it. */
export interface Clock {
  /** Wall clock, UTC milliseconds: for people. It may jump. */
  now(): number;
  /** Monotonic milliseconds: for timeouts and intervals. */
  monotonic(): number;
  /** Runs `action` once, `delayMs` from now. Does not keep the process alive. */
  after(delayMs: number, action: () => void): Timer;
}

/** Resolves `delayMs` from now. */
export function pause(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => void clock.after(delayMs, resolve));
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, action) {
    const handle = setTimeout(action, delayMs);
    handle.unref();
    return { cancel: () => clearTimeout(handle) };
  },
};
