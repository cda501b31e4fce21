import { describe, expect, test } from '@jest/globals';
import type { Clock } from '../lib/clock.ts';
import { type Attempt, type AttemptOptions, runAttempts } from './attempts.ts';
import { CALL_DEADLINE_MS, RETRY_BUDGET_MS } from './retry.ts';
import { OutcomeUnknown, StoreUnavailable } from './seam/failures.ts';

const DEADLOCK = Object.assign(new Error('deadlock'), { errno: 1213 });
const LOST = Object.assign(new Error('lost'), { fatal: true });

/** A clock that jumps over every pause, but fires what is set for the deadline only when told. */
class JumpingClock implements Clock {
  time = 0;
  pauses: number[] = [];
  #deadline: (() => void) | undefined;

  now(): number {
    return this.time;
  }

  monotonic(): number {
    return this.time;
  }

  after(delayMs: number, action: () => void) {
    if (delayMs === CALL_DEADLINE_MS) {
      this.#deadline = action;
      return { cancel: () => (this.#deadline = undefined) };
    }
    this.pauses.push(delayMs);
    this.time += delayMs;
    queueMicrotask(action);
    return { cancel: () => undefined };
  }

  get hasDeadline(): boolean {
    return this.#deadline !== undefined;
  }

  reachDeadline(): void {
    this.#deadline!();
  }
}

function setUp(options: Partial<AttemptOptions> = {}) {
  const clock = new JumpingClock();
  const attempts: Attempt[] = [];
  const run = <T>(work: (attempt: Attempt, number: number) => Promise<T>) =>
    runAttempts({ clock, repeatable: false, translate: (error) => error, ...options }, (attempt) => {
      attempts.push(attempt);
      return work(attempt, attempts.length);
    });
  return { clock, attempts, run };
}

describe('runAttempts', () => {
  test('gives what the first attempt gives, and leaves no timer', async () => {
    const { clock, run } = setUp();
    expect(await run(() => Promise.resolve('done'))).toBe('done');
    expect(clock.pauses).toEqual([]);
    expect(clock.hasDeadline).toBe(false);
  });

  test('tries again after a rollback, each time afresh', async () => {
    const { clock, attempts, run } = setUp();
    const result = run((attempt, number) => {
      expect(attempt.phase).toBe('work');
      attempt.phase = 'commit';
      return number < 4 ? Promise.reject(DEADLOCK) : Promise.resolve(number);
    });
    expect(await result).toBe(4);
    expect(clock.pauses).toHaveLength(3);
    expect(attempts).toHaveLength(4);
  });

  test('is unavailable when the budget is spent', async () => {
    const { clock, run } = setUp();
    await expect(run(() => Promise.reject(LOST))).rejects.toThrow(StoreUnavailable);
    expect(clock.time).toBeLessThanOrEqual(RETRY_BUDGET_MS);
    expect(clock.time).toBeGreaterThan(RETRY_BUDGET_MS / 2);
  });

  test('gives a bug as it is translated, at once', async () => {
    const bug = new TypeError('a bug');
    const translated = new Error('as the caller may see it');
    const { attempts, run } = setUp({ translate: (error) => (error === bug ? translated : error) });
    await expect(run(() => Promise.reject(bug))).rejects.toBe(translated);
    expect(attempts).toHaveLength(1);
  });

  test('does not repeat a lost commit unless it may', async () => {
    const { attempts, run } = setUp();
    const lost = run((attempt) => {
      attempt.phase = 'commit';
      return Promise.reject(LOST);
    });
    await expect(lost).rejects.toThrow(OutcomeUnknown);
    expect(attempts).toHaveLength(1);
  });

  test('of repeatable work the outcome is that of a later attempt', async () => {
    const { run } = setUp({ repeatable: true });
    const result = run((attempt, number) => {
      if (number === 2) return Promise.resolve('found');
      attempt.phase = 'commit';
      return Promise.reject(LOST);
    });
    expect(await result).toBe('found');
  });

  test('a fate that stays unknown is told as such, whatever the later attempts met', async () => {
    const { run } = setUp({ repeatable: true });
    const result = run((attempt, number) => {
      if (number === 1) attempt.phase = 'commit';
      return Promise.reject(LOST);
    });
    await expect(result).rejects.toThrow(OutcomeUnknown);
  });

  test.each([
    ['work', StoreUnavailable],
    ['commit', OutcomeUnknown],
  ] as const)('an attempt that hangs in %s is cut off at the deadline, and told so', async (phase, expected) => {
    const { clock, attempts, run } = setUp({ repeatable: true });
    const hanging = run((attempt) => {
      attempt.phase = phase;
      return new Promise<never>(() => undefined);
    });
    clock.reachDeadline();
    await expect(hanging).rejects.toThrow(expected);
    expect(attempts).toHaveLength(1);
    expect(attempts[0]!.signal.aborted).toBe(true);
  });
});
