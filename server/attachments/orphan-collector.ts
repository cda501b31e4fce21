import type { Blobs } from '../blobs/blobs.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import type { Store } from '../store/seam/store.ts';
import type { Events } from '../telemetry/events.ts';
import { partKeys } from './parts.ts';

export interface CollectorParts {
  readonly store: Store;
  readonly blobs: Blobs;
  readonly clock: Clock;
  readonly events: Events;
}

const EVERY_MS = 3_600_000;
const BATCH = 100;

/**
 * Deletes the files that no message carries: uploads that nobody touched for long, and what a message lost. Each is
 * collected first, so that nobody can claim or fetch it, then its blobs are deleted, then its row: what a crash leaves
 * half-done, the next pass finishes.
 */
export class OrphanCollector implements AsyncDisposable {
  readonly #parts: CollectorParts;
  readonly #orphanAfterMs: number;
  #timer: Timer | undefined;
  #pass: Promise<void> | undefined;
  #closed = false;

  constructor(parts: CollectorParts, orphanAfterMs: number) {
    this.#parts = parts;
    this.#orphanAfterMs = orphanAfterMs;
  }

  /** Begins a pass now, and one every hour. */
  start(): void {
    this.#pass = this.#passAndRepeat();
  }

  /** One pass. @throws what the store or the blobs throw: the rest is left for the next pass */
  async collect(): Promise<void> {
    const { clock } = this.#parts;
    const touchedBefore = clock.now() - this.#orphanAfterMs;
    while (!this.#closed && (await this.#markOrphans(touchedBefore)) > 0);
    let deleted = 0;
    for (let batch = BATCH; batch === BATCH && !this.#closed; deleted += batch) batch = await this.#deleteCollected();
    if (deleted > 0) this.#parts.events.filesCollected(deleted);
  }

  /** Waits for the pass that is under way, which ends with its batch. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#pass;
  }

  async #passAndRepeat(): Promise<void> {
    try {
      await this.collect();
    } catch (cause) {
      this.#parts.events.workFailed('collecting attachments', cause);
    }
    if (!this.#closed) this.#timer = this.#parts.clock.after(EVERY_MS, () => this.start());
  }

  async #markOrphans(touchedBefore: number): Promise<number> {
    const { store } = this.#parts;
    const orphans = await store.attachments.orphans(touchedBefore, BATCH);
    if (orphans.length === 0) return 0;
    return store.transact(
      async (tx) => {
        await tx.log.lock(
          orphans.map(({ conversationId }) => conversationId),
          'wait',
        );
        return tx.attachments.collect(
          orphans.map(({ id }) => id),
          touchedBefore,
        );
      },
      { repeatable: true },
    );
  }

  async #deleteCollected(): Promise<number> {
    const { store, blobs } = this.#parts;
    const files = await store.attachments.collected(BATCH);
    await blobs.delete(files.flatMap(partKeys));
    await store.attachments.remove(files.map(({ id }) => id));
    return files.length;
  }
}
