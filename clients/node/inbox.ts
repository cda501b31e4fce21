import { ConversationOrder } from './conversation-order.ts';
import type { InboxEntry } from './conversation-order.ts';
import { ParleyError } from './errors.ts';
import { Fifo } from './fifo.ts';
import type { Cursors, Message, Position } from './types.ts';

export interface InboxOptions {
  /** What the entries that wait for the consumer may take, estimated, in bytes. Beyond it, entries are not kept. */
  readonly maxBytes: number;
  /** Everything up to this position has been taken by the consumer (or needs no taking). */
  readonly onAckable: (position: Position) => void;
  /** Seqs of this conversation are missing. */
  readonly onGap: (order: ConversationOrder) => void;
  /** The consumer took something, or something came. */
  readonly onFill: () => void;
}

/**
 * What came and was not taken yet: each conversation's entries in the order of seq, each once. Bounded: an entry that
 * finds no room is not kept; it stays a gap, which is read from the log once there is room.
 */
export class Inbox {
  readonly #options: InboxOptions;
  readonly #orders = new Map<number, ConversationOrder>();
  readonly #ready = new Fifo<InboxEntry>();
  #bytes = 0;
  #wake: (() => void) | undefined;
  #roomWaiters: (() => void)[] = [];
  #end: { readonly error: ParleyError | undefined } | undefined;

  constructor(options: InboxOptions) {
    this.#options = options;
  }

  /** What the client has from an earlier life. */
  restore(positions: readonly Position[]): void {
    for (const { conversationId, seq } of positions) {
      this.#orders.set(conversationId, new ConversationOrder(conversationId, seq));
    }
  }

  /** Whether the stream had better be held back: half of the room is taken. */
  get isFilling(): boolean {
    return this.#bytes * 2 >= this.#options.maxBytes;
  }

  /** Takes an entry that came. `evenIfFull` is for entries that were asked for. */
  deliver(message: Message, { evenIfFull = false } = {}): void {
    const order = this.#order(message.conversationId);
    if (!order.wants(message.seq)) return;
    const sizeBytes = estimateBytes(message);
    if (!evenIfFull && this.#bytes + sizeBytes > this.#options.maxBytes) {
      this.#change(order, () => {
        order.noteSeen(message.seq);
        return [];
      });
      return;
    }
    this.#bytes += sizeBytes;
    this.#change(order, () => order.add({ message, sizeBytes, order }));
  }

  /** An own send got this place: its receipt stands for the entry, which is not shown. */
  ownSend({ conversationId, seq }: Position): void {
    const order = this.#order(conversationId);
    this.#change(order, () => order.ownSend(seq));
  }

  /** Seqs that never come. */
  skip(conversationId: number, fromSeq: number, toSeq: number): void {
    const order = this.#order(conversationId);
    this.#change(order, () => order.skip(fromSeq, toSeq));
  }

  /** The conversation's log was replaced: what waits of it is dropped, and it goes on after `seq`. */
  reset({ conversationId, seq }: Position): void {
    this.#ready.retain((entry) => {
      const stays = entry.message.conversationId !== conversationId;
      if (!stays) this.#bytes -= entry.sizeBytes;
      return stays;
    });
    this.#bytes -= this.#orders.get(conversationId)?.discard() ?? 0;
    this.#orders.set(conversationId, new ConversationOrder(conversationId, seq));
    this.#filled();
  }

  /** All logs were replaced: nothing that came counts any more. */
  forgetAll(): void {
    for (const order of this.#orders.values()) order.discard();
    this.#orders.clear();
    this.#ready.retain(() => false);
    this.#bytes = 0;
    this.#filled();
  }

  /** The next entry; undefined once the inbox has ended without an error. Rejects with the error it ended with. */
  async take(): Promise<InboxEntry | undefined> {
    for (;;) {
      const entry = this.#ready.shift();
      if (entry) {
        this.#bytes -= entry.sizeBytes;
        entry.order.takenSeq = entry.message.seq;
        this.#filled();
        return entry;
      }
      if (this.#end?.error) throw this.#end.error;
      if (this.#end) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** The consumer is done with an entry that it took, and with everything before it. */
  done({ message, order }: InboxEntry): void {
    // After a reset the seq would name something else.
    if (order.isDiscarded) return;
    const { conversationId, seq } = message;
    this.#options.onAckable({ conversationId, seq: order.acknowledge(seq) });
  }

  /** The consumer is done with everything up to this position. Throws beyond what it was given. */
  acknowledge({ conversationId, seq }: Position): void {
    const order = this.#orders.get(conversationId);
    if (!order || seq > Math.max(order.takenSeq, order.acked ?? 0)) {
      throw new ParleyError('OUT_OF_RANGE', `seq ${seq} of conversation ${conversationId} was not given yet`, {
        reason: 'ACK_BEYOND_DELIVERED',
      });
    }
    this.#options.onAckable({ conversationId, seq: order.acknowledge(seq) });
  }

  /** What has come so far, to resume a stream from. */
  received(): Position[] {
    return this.#positions((order) => order.position);
  }

  /** What the consumer is done with, to resume another life from. */
  acknowledged(): Cursors['positions'] {
    return this.#positions((order) => order.acked);
  }

  /** Resolves when at least half of the room is free, or the inbox has ended. */
  async room(): Promise<void> {
    while (this.isFilling && !this.#end) {
      await new Promise<void>((resolve) => this.#roomWaiters.push(resolve));
    }
  }

  /** Nothing comes any more. With an error, what waits can still be taken, and then the error shows; else at once. */
  end(error?: ParleyError): void {
    if (this.#end) return;
    this.#end = { error };
    if (!error) this.#ready.retain(() => false);
    this.#wake?.();
    this.#filled();
  }

  #order(conversationId: number): ConversationOrder {
    let order = this.#orders.get(conversationId);
    if (!order) {
      order = new ConversationOrder(conversationId);
      this.#orders.set(conversationId, order);
    }
    return order;
  }

  #change(order: ConversationOrder, change: () => InboxEntry[]): void {
    if (this.#end) return;
    const ackedBefore = order.acked;
    for (const entry of change()) this.#ready.push(entry);
    if (order.acked !== undefined && order.acked !== ackedBefore) {
      this.#options.onAckable({ conversationId: order.conversationId, seq: order.acked });
    }
    if (order.gap) this.#options.onGap(order);
    if (this.#ready.length > 0) this.#wake?.();
    this.#options.onFill();
  }

  #filled(): void {
    if (!this.isFilling || this.#end) {
      const waiters = this.#roomWaiters;
      this.#roomWaiters = [];
      for (const wake of waiters) wake();
    }
    this.#options.onFill();
  }

  #positions(seqOf: (order: ConversationOrder) => number | undefined): Position[] {
    const positions: Position[] = [];
    for (const order of this.#orders.values()) {
      const seq = seqOf(order);
      if (seq !== undefined) positions.push({ conversationId: order.conversationId, seq });
    }
    return positions;
  }
}

/** The strings and bytes of an entry, and a guess for the rest. */
function estimateBytes({ body, senderName }: Message): number {
  const content = body.kind === 'content' || body.kind === 'edit' ? body.content : undefined;
  return 400 + senderName.length * 2 + (content ? content.text.length * 2 + (content.payload?.data.length ?? 0) : 0);
}
