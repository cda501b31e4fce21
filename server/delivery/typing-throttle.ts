import { LRUCache } from 'lru-cache';

import type { Clock } from '../lib/clock.ts';
import type { Target } from '../store/seam/records.ts';
import { targetKey } from './target-key.ts';

/** A client says it every 3 s: what comes sooner is dropped. */
const STARTED_EVERY_MS = 2_500;
/** What passes costs a look-up: of one stream, at most so many a second. */
const MOST_A_SECOND = 5;
const MAX_TARGETS = 100;

interface Told {
  readonly startedAt: number;
  readonly stopped: boolean;
}

/** Which `typing` frames of one stream are told: what the contract calls for, and no flood. */
export class TypingThrottle {
  readonly #clock: Clock;
  readonly #told = new LRUCache<string, Told>({ max: MAX_TARGETS });
  #allowance = MOST_A_SECOND;
  #countedAt = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether the frame is to be told; it counts as told then. */
  admits(target: Target, stopped: boolean): boolean {
    const now = this.#clock.monotonic();
    const key = targetKey(target);
    const told = this.#told.get(key);
    if (stopped ? (told?.stopped ?? true) : told !== undefined && now - told.startedAt < STARTED_EVERY_MS) return false;
    if (!this.#spend(now)) return false;
    this.#told.set(key, { startedAt: stopped ? (told?.startedAt ?? now) : now, stopped });
    return true;
  }

  #spend(now: number): boolean {
    const earned = ((now - this.#countedAt) * MOST_A_SECOND) / 1_000;
    this.#allowance = Math.min(MOST_A_SECOND, this.#allowance + earned);
    this.#countedAt = now;
    if (this.#allowance < 1) return false;
    this.#allowance -= 1;
    return true;
  }
}
