import type { Bus } from '../bus/bus.ts';
import { DomainError } from '../lib/errors.ts';
import type { Events } from '../telemetry/events.ts';
import { commitBatch, type CommitParts, type CommittedBatch, type Held } from './commit-batch.ts';
import { JournalQueue, type Queued, type QueueLimits } from './journal-queue.ts';
import { publishEntry, publishRepeat } from './publish-entry.ts';
import { noteInLane, type Send, type SendOutcome, type Settle } from './send.ts';
import { storeFailure } from './store-failure.ts';

export interface JournalParts extends CommitParts {
  readonly bus: Bus;
  readonly events: Events;
}

/** Transactions of conversations set aside, at the same time. */
const ASIDE_CONCURRENCY = 4;

/**
 * The one writer of messages. Sends gather while the transaction before them commits: an idle replica commits at
 * once, a busy one in batches, and there is no timer. Each send gets its own result.
 */
export class Journal {
  readonly #parts: JournalParts;
  readonly #queue: JournalQueue;
  #writing = false;
  #asideRunning = 0;
  readonly #asideReady: number[] = [];
  readonly #idleWaiters: (() => void)[] = [];
  readonly #lullWaiters = new Set<() => void>();

  constructor(parts: JournalParts, limits: QueueLimits) {
    this.#parts = parts;
    this.#queue = new JournalQueue(limits);
  }

  get depth(): number {
    return this.#queue.size;
  }

  /** Whether another send would be refused. */
  get full(): boolean {
    return this.#queue.full;
  }

  /** Resolves when there is room: a stream waits for it before it reads on. */
  room(): Promise<void> {
    return this.#queue.room();
  }

  /** Queues a send; `settle` is called after the commit and before the message is published. */
  submit(send: Send, settle: Settle): void {
    this.#queue.add(send, settle);
    if (!this.#writing) void this.#write();
  }

  /** Resolves when no transaction is under way, at the latest after `mostMs`: what can wait lets sends go first. */
  async lull(mostMs: number): Promise<void> {
    if (!this.#writing) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#lullWaiters.add(resolve);
    const timer = this.#parts.clock.after(mostMs, resolve);
    await promise;
    timer.cancel();
    this.#lullWaiters.delete(resolve);
  }

  /** Resolves when everything that was submitted has its result. */
  async flush(): Promise<void> {
    while (this.#queue.size > 0) await new Promise<void>((resolve) => this.#idleWaiters.push(resolve));
  }

  async #write(): Promise<void> {
    this.#writing = true;
    // What else this turn of the event loop submits comes into the same transaction.
    await new Promise<void>((resolve) => setImmediate(resolve));
    while (this.#queue.hasMain) {
      const batch = this.#queue.takeMain();
      if (batch.length > 0) await this.#commit(batch, 'skip');
    }
    this.#writing = false;
    for (const resolve of this.#lullWaiters) resolve();
  }

  async #commit(batch: readonly Queued[], held: Held): Promise<void> {
    const sends = batch.map(({ send }) => send);
    let committed: CommittedBatch;
    try {
      committed = await commitBatch(this.#parts, sends, held);
    } catch (error) {
      await this.#fail(batch, held, error);
      return;
    }
    this.#succeed(batch, committed);
  }

  async #fail(batch: readonly Queued[], held: Held, error: unknown): Promise<void> {
    const failure = storeFailure(error);
    if (failure === null && batch.length > 1) {
      // One of them is bad: halve until it is alone, so that its neighbours don't fail with it. What is put back
      // keeps its place before all later sends, also where the first half is set aside or finds no database.
      const middle = batch.length >> 1;
      this.#putBack(batch.slice(middle), held);
      await this.#commit(batch.slice(0, middle), held);
      return;
    }
    // Without the database those who wait would wait as long again, for the same answer. (An aside may just have
    // waited too long for one conversation's lock.)
    const unavailable = failure?.reason === 'STORE_UNAVAILABLE' && held === 'skip';
    const failed = unavailable ? [...batch, ...this.#queue.takeAllMain()] : batch;
    this.#parts.events.batchFailed(failed.length, error);
    const told = failure ?? new DomainError('INTERNAL', 'the message could not be stored', { cause: error });
    for (const item of failed) {
      this.#settle(item, { ok: false, clientMessageId: item.send.clientMessageId, error: told });
    }
    this.#done(failed.length);
  }

  #putBack(items: readonly Queued[], held: Held): void {
    const [first] = items;
    if (first === undefined) return;
    if (held === 'skip') this.#queue.putBackMain(items);
    else this.#queue.putBackAside(first.send.facts.id, items);
  }

  #succeed(batch: readonly Queued[], { results, entries, repeats, heads }: CommittedBatch): void {
    const asides = new Map<number, Queued[]>();
    let done = 0;
    batch.forEach((item, index) => {
      const { clientMessageId, facts } = item.send;
      const result = results[index];
      if (result === null || result === undefined) {
        const aside = asides.get(facts.id);
        if (aside === undefined) asides.set(facts.id, [item]);
        else aside.push(item);
        return;
      }
      done += 1;
      if (result instanceof DomainError) this.#settle(item, { ok: false, clientMessageId, error: result });
      else this.#settle(item, { ok: true, clientMessageId, receipt: result });
    });
    for (const { entry } of entries) {
      publishEntry(this.#parts.bus, entry, heads.get(entry.conversationId)?.membersVersion ?? 0);
    }
    for (const { facts } of repeats) publishRepeat(this.#parts.bus, facts);
    for (const [conversationId, items] of asides) {
      if (this.#queue.setAside(conversationId, items)) this.#asideReady.push(conversationId);
    }
    this.#startAsides();
    this.#done(done);
  }

  #settle({ send, settle }: Queued, outcome: SendOutcome): void {
    if (send.lane !== null) noteInLane(send.lane, send.clientMessageId, outcome);
    if (outcome.ok) this.#parts.events.messageSent();
    settle(outcome);
  }

  #done(count: number): void {
    this.#queue.done(count);
    if (this.#queue.size > 0) return;
    for (const resolve of this.#idleWaiters.splice(0)) resolve();
  }

  #startAsides(): void {
    while (this.#asideRunning < ASIDE_CONCURRENCY) {
      const conversationId = this.#asideReady.shift();
      if (conversationId === undefined) return;
      this.#asideRunning += 1;
      void this.#writeAside(conversationId);
    }
  }

  /** A conversation that another replica holds: its own transactions, waiting for the lock. */
  async #writeAside(conversationId: number): Promise<void> {
    for (;;) {
      const batch = this.#queue.takeAside(conversationId);
      if (batch.length === 0) break;
      await this.#commit(batch, 'wait');
    }
    this.#asideRunning -= 1;
    this.#startAsides();
  }
}
