import { setImmediate as nextTurn } from 'node:timers/promises';

import type { Clock } from '../lib/clock.ts';
import { DuplicateKey, OutcomeUnknown, StoreUnavailable } from '../store/seam/failures.ts';
import type { Store } from '../store/seam/store.ts';
import type { Events } from '../telemetry/events.ts';
import { indexBatch, type IndexedBatch } from './index-batch.ts';

type State = IndexedBatch['state'];

const LOOK_EVERY_MS = 1_000;
/** Commits may become visible later than their activity's time: each look goes back so far. */
const LOOK_BACK_MS = 15_000;
/** Of one conversation in a row, so that a long log doesn't hold up the others. */
const BATCHES_IN_A_ROW = 5;
const CONVERSATIONS_PER_PAGE = 1_000;
/** After a batch that others follow it rests so many times as long as the batch took. */
const REST_PER_WORK = 4;

export interface IndexerParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly events: Events;
}

/**
 * Keeps the search index up with the log: behind it, never in a send's transaction. Every second it indexes what was
 * active lately; beside that, once, what an earlier run has left. Several replicas may do so at the same time: each
 * batch locks its conversation's progress, and who finds it locked goes on to the next one.
 */
export class Indexer implements AsyncDisposable {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #events: Events;
  readonly #work: Promise<unknown>;
  readonly #pauses = new Set<() => void>();
  #closed = false;

  constructor(parts: IndexerParts) {
    this.#store = parts.store;
    this.#clock = parts.clock;
    this.#events = parts.events;
    this.#work = Promise.all([this.#keepUp(), this.#catchUp()]);
  }

  /** Ends after the batch that is under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    for (const end of this.#pauses) end();
    await this.#work;
  }

  async #keepUp(): Promise<void> {
    let since: number | null = null;
    while (!this.#closed) {
      const states = new Set<State>();
      try {
        const { databaseNow, conversationIds } = await this.#store.search.behindSince(since);
        for (const id of conversationIds) states.add(await this.#indexSome(id));
        // What is left is found again only from where it was found.
        if (!states.has('more') && !states.has('busy')) since = databaseNow - LOOK_BACK_MS;
      } catch (cause) {
        this.#events.workFailed('indexing new messages', cause);
      }
      if (!states.has('more')) await this.#pause(LOOK_EVERY_MS);
    }
  }

  /** Until it has gone through all conversations and none was left to another replica, which might not finish it. */
  async #catchUp(): Promise<void> {
    let isLeft = false;
    for (let afterId = 0; !this.#closed;) {
      try {
        const page = await this.#store.search.progress({ afterId, limit: CONVERSATIONS_PER_PAGE });
        for (const { conversationId, lastSeq, indexedSeq } of page) {
          if (indexedSeq < lastSeq) isLeft = (await this.#indexAll(conversationId)) === 'busy' || isLeft;
          afterId = conversationId;
        }
        if (page.length > 0) continue;
        if (!isLeft) return;
        [afterId, isLeft] = [0, false];
      } catch (cause) {
        this.#events.workFailed('indexing old messages', cause);
      }
      await this.#pause(LOOK_EVERY_MS);
    }
  }

  async #indexAll(conversationId: number): Promise<State> {
    for (;;) {
      const state = await this.#indexSome(conversationId);
      if (state !== 'more' || this.#closed) return state;
    }
  }

  /** A few batches. A conversation that can't be indexed is passed over until something happens in it again. */
  async #indexSome(conversationId: number): Promise<State> {
    let state: State = 'more';
    try {
      for (let batch = 0; batch < BATCHES_IN_A_ROW && state === 'more' && !this.#closed; batch += 1) {
        const begunAt = this.#clock.monotonic();
        ({ state } = await indexBatch(this.#store, conversationId, 'skip'));
        await nextTurn();
        // A long log must not take the database from those who talk: most of the time is theirs.
        if (state === 'more') await this.#pause(REST_PER_WORK * (this.#clock.monotonic() - begunAt));
      }
      return state;
    } catch (cause) {
      if (cause instanceof DuplicateKey) return 'busy';
      if (cause instanceof StoreUnavailable || cause instanceof OutcomeUnknown) throw cause;
      this.#events.workFailed(`indexing conversation ${conversationId}`, cause);
      return 'caught-up';
    }
  }

  #pause(delayMs: number): Promise<void> {
    if (this.#closed || delayMs <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const end = () => {
        timer.cancel();
        this.#pauses.delete(end);
        resolve();
      };
      const timer = this.#clock.after(delayMs, end);
      this.#pauses.add(end);
    });
  }
}
