/** A timer that was set; `cancel` is harmless after it has fired. */
export interface Timer {
  cancel(): void;
}

/** Where time comes from, so that tests can move it. */
export interface Clock {
  /** Monotonic milliseconds. */
  monotonic(): number;
  /** Runs `action` once, `delayMs` from now. Keeps the process alive until then. */
  after(delayMs: number, action: () => void): Timer;
}

export const systemClock: Clock = {
  monotonic: () => performance.now(),
  after(delayMs, action) {
    const handle = setTimeout(action, delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
};

/** Resolves after `delayMs`, or at once when `signal` aborts. Never rejects. */
export function delay(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const finish = (): void => {
      timer.cancel();
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const timer = clock.after(delayMs, finish);
    signal.addEventListener('abort', finish, { once: true });
  });
}
