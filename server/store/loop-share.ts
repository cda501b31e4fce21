import { setImmediate } from 'node:timers/promises';
import { Mutex } from 'async-mutex';

/** After so much reading, everything else of the process gets so many turns of the event loop. */
const SLICE_MS = 1;
const TURNS_OF_OTHERS = 12;

/**
 * Shares the event loop between reads that run inside their call and everything else. Such reads answer by promises,
 * which go before all other work: a stream that reads thousands of pages would let nobody else in until it is done.
 */
export class LoopShare {
  readonly #oneByOne = new Mutex();
  #usedMs = 0;

  /** Runs reads in the order in which they were asked for. */
  run<T>(read: () => Promise<T>): Promise<T> {
    return this.#oneByOne.runExclusive(async () => {
      if (this.#usedMs >= SLICE_MS) await this.#letOthersRun();
      const startedAt = performance.now();
      try {
        return await read();
      } finally {
        this.#usedMs += performance.now() - startedAt;
      }
    });
  }

  async #letOthersRun(): Promise<void> {
    for (let turn = 0; turn < TURNS_OF_OTHERS; turn += 1) await setImmediate();
    this.#usedMs = 0;
  }
}
