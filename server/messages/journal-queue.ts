import { contentBytes } from '../store/seam/entry.ts';
import type { Send, Settle } from './send.ts';

/** A send that waits for its transaction. */
export interface Queued {
  readonly send: Send;
  readonly settle: Settle;
  readonly bytes: number;
}

export interface QueueLimits {
  /** Sends that may wait or be under way. */
  readonly capacity: number;
  /** Rows and bytes of one transaction. */
  readonly maxBatchRows: number;
  readonly maxBatchBytes: number;
}

const ROW_OVERHEAD_BYTES = 200;

/**
 * The sends that wait, in the order of their coming. A conversation that is locked elsewhere is set aside: its sends
 * wait in a queue of their own, later ones behind them, and everything else goes on.
 */
export class JournalQueue {
  readonly #limits: QueueLimits;
  #main: Queued[] = [];
  readonly #aside = new Map<number, Queued[]>();
  readonly #roomWaiters: (() => void)[] = [];
  #size = 0;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  /** Sends taken but not done count too. */
  get size(): number {
    return this.#size;
  }

  get full(): boolean {
    return this.#size >= this.#limits.capacity;
  }

  get hasMain(): boolean {
    return this.#main.length > 0;
  }

  add(send: Send, settle: Settle): void {
    const bytes = ROW_OVERHEAD_BYTES + contentBytes({ kind: 'content', content: send.content });
    this.#size += 1;
    this.#main.push({ send, settle, bytes });
  }

  /** The next batch; sends to conversations that are set aside join those. */
  takeMain(): Queued[] {
    const batch: Queued[] = [];
    let bytes = 0;
    let taken = 0;
    for (const item of this.#main) {
      if (!this.#fits(batch.length, bytes + item.bytes)) break;
      taken += 1;
      if (this.#joinsAside(item)) continue;
      batch.push(item);
      bytes += item.bytes;
    }
    this.#main = this.#main.slice(taken);
    return batch;
  }

  /** Everything that waits, but for the conversations that are set aside. */
  takeAllMain(): Queued[] {
    const all = this.#main.filter((item) => !this.#joinsAside(item));
    this.#main = [];
    return all;
  }

  /** Puts the end of a batch back, before everything that waits. */
  putBackMain(items: readonly Queued[]): void {
    this.#main = [...items, ...this.#main];
  }

  /** Sets a conversation's sends aside; whether it is new there. */
  setAside(conversationId: number, items: readonly Queued[]): boolean {
    const aside = this.#aside.get(conversationId);
    if (aside === undefined) this.#aside.set(conversationId, [...items]);
    else aside.push(...items);
    return aside === undefined;
  }

  /** The next batch of a conversation that was set aside; empty: it is back among the others. */
  takeAside(conversationId: number): Queued[] {
    const aside = this.#aside.get(conversationId) ?? [];
    let bytes = 0;
    const beyond = aside.findIndex((item, index) => !this.#fits(index, (bytes += item.bytes)));
    const batch = aside.splice(0, beyond < 0 ? aside.length : beyond);
    if (batch.length === 0) this.#aside.delete(conversationId);
    return batch;
  }

  putBackAside(conversationId: number, items: readonly Queued[]): void {
    this.#aside.get(conversationId)?.unshift(...items);
  }

  done(count: number): void {
    this.#size -= count;
    while (!this.full) {
      const waiter = this.#roomWaiters.shift();
      if (waiter === undefined) return;
      waiter();
    }
  }

  /** Resolves when there is room. */
  async room(): Promise<void> {
    while (this.full) await new Promise<void>((resolve) => this.#roomWaiters.push(resolve));
  }

  /** Whether one more may join a batch of so many, which makes it so many bytes; a single one always may. */
  #fits(rows: number, bytes: number): boolean {
    return rows === 0 || (rows < this.#limits.maxBatchRows && bytes <= this.#limits.maxBatchBytes);
  }

  #joinsAside(item: Queued): boolean {
    const aside = this.#aside.get(item.send.facts.id);
    aside?.push(item);
    return aside !== undefined;
  }
}
