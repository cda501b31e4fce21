import type { SendOutcome } from '../messages/send.ts';
import { contentBytes, type Entry } from '../store/seam/entry.ts';
import type { Notice, Outbound } from './outbound.ts';

export interface OutboxLimits {
  /** What may wait for a stream. An outbox that is full takes no entries; results and notices have their senders wait. */
  readonly maxBytes: number;
  /** The entries of one `deliver` frame (a single larger one excepted). */
  readonly maxFrameBytes: number;
}

type Item =
  | { readonly kind: 'entry'; readonly entry: Entry; readonly bytes: number }
  | { readonly kind: 'result'; readonly outcome: SendOutcome; readonly bytes: number }
  | { readonly kind: 'notice'; readonly notice: Notice; readonly bytes: number };

const ENTRY_OVERHEAD_BYTES = 128;
const SMALL_ITEM_BYTES = 64;
/** What an error takes on the wire; its text names fields and limits, never what it was given. */
const ERROR_BYTES = 256;
const CURSOR_BYTES = 40;

/** What waits to be written to one stream, in order. Whatever is ready at once goes into one frame. */
export class Outbox {
  readonly #limits: OutboxLimits;
  #items: Item[] = [];
  #bytes = 0;
  #closed = false;
  #wake: (() => void) | undefined;
  readonly #shrinkWaiters: (() => void)[] = [];

  constructor(limits: OutboxLimits) {
    this.#limits = limits;
  }

  get full(): boolean {
    return this.#bytes >= this.#limits.maxBytes;
  }

  get empty(): boolean {
    return this.#items.length === 0;
  }

  pushEntry(entry: Entry): void {
    this.#push({ kind: 'entry', entry, bytes: ENTRY_OVERHEAD_BYTES + contentBytes(entry.body) });
  }

  pushResult(outcome: SendOutcome): void {
    const bytes = SMALL_ITEM_BYTES + outcome.clientMessageId.length + (outcome.ok ? 0 : ERROR_BYTES);
    this.#push({ kind: 'result', outcome, bytes });
  }

  pushNotice(notice: Notice): void {
    this.#push({ kind: 'notice', notice, bytes: SMALL_ITEM_BYTES + variableBytes(notice) });
  }

  /** Resolves when there is room, or the outbox is closed. */
  async room(): Promise<void> {
    while (this.full && !this.#closed) await this.#shrunk();
  }

  /** Resolves when less than a frame waits, or the outbox is closed: what the log keeps need not wait here. */
  async nearlyEmpty(): Promise<void> {
    while ((this.full || this.#bytes >= this.#limits.maxFrameBytes) && !this.#closed) await this.#shrunk();
  }

  /** The next frame; undefined once the outbox is closed and empty. Waits while there is nothing. */
  async next(): Promise<Outbound | undefined> {
    while (this.#items.length === 0) {
      if (this.#closed) return undefined;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    return this.#take();
  }

  /** Nothing more is taken in; what waits can still be read. */
  close(): void {
    this.#closed = true;
    this.#wake?.();
    this.#letLook();
  }

  #push(item: Item): void {
    if (this.#closed) return;
    this.#items.push(item);
    this.#bytes += item.bytes;
    this.#wake?.();
    this.#wake = undefined;
  }

  #take(): Outbound | undefined {
    const first = this.#items[0];
    if (first === undefined) return undefined;
    const run = [first];
    let bytes = first.bytes;
    if (first.kind !== 'notice') {
      for (let index = 1; index < this.#items.length; index += 1) {
        const item = this.#items[index];
        if (item?.kind !== first.kind || bytes + item.bytes > this.#limits.maxFrameBytes) break;
        run.push(item);
        bytes += item.bytes;
      }
    }
    this.#items = this.#items.slice(run.length);
    this.#bytes -= bytes;
    this.#letLook();
    return toFrame(first, run);
  }

  #shrunk(): Promise<void> {
    return new Promise((resolve) => this.#shrinkWaiters.push(resolve));
  }

  /** Those who wait for room look whether it is enough for them. */
  #letLook(): void {
    for (const resolve of this.#shrinkWaiters.splice(0)) resolve();
  }
}

function variableBytes(notice: Notice): number {
  if (notice.type === 'frame-error') return ERROR_BYTES;
  return notice.type === 'receipts' ? notice.cursors.length * CURSOR_BYTES : 0;
}

function toFrame(first: Item, run: readonly Item[]): Outbound {
  if (first.kind === 'notice') return first.notice;
  if (first.kind === 'entry') {
    return { type: 'deliver', entries: run.flatMap((item) => (item.kind === 'entry' ? [item.entry] : [])) };
  }
  return { type: 'results', results: run.flatMap((item) => (item.kind === 'result' ? [item.outcome] : [])) };
}
