import { SeqRanges } from './seq-ranges.ts';
import type { Message } from './types.ts';

/** An entry on its way to the consumer. */
export interface InboxEntry {
  readonly message: Message;
  readonly sizeBytes: number;
  readonly order: ConversationOrder;
}

/** Seqs that are known to exist and have not come: after `afterSeq`, up to `toSeq`. */
export interface Gap {
  readonly afterSeq: number;
  readonly toSeq: number;
}

/**
 * One conversation's entries in the order of seq, each once. What comes early is held until the seqs before it have
 * come, or are known never to come: skipped by the server, or this client's own sends (whose receipts stand for them).
 */
export class ConversationOrder {
  readonly conversationId: number;
  readonly #held = new Map<number, InboxEntry>();
  /** Seqs that are accounted for and shown to nobody. */
  readonly #silent = new SeqRanges();
  #position: number | undefined;
  #acked = 0;
  #highestSeen = 0;
  /**
   * The last entry that was released, while it is not acknowledged. Acknowledging it acknowledges everything up to
   * `ackSeq`: itself, and what follows that nobody is shown.
   */
  #tail: { readonly seq: number; ackSeq: number } | undefined;
  #discarded = false;
  /** The last entry that the consumer was given. */
  takenSeq = 0;

  /** `position`: what the client has already; unset where the server's cursor decides, told by its first entry. */
  constructor(conversationId: number, position?: number) {
    this.conversationId = conversationId;
    if (position !== undefined) this.#start(position);
  }

  /** Everything up to here has come. Unset while nothing tells where the server's cursor is. */
  get position(): number | undefined {
    return this.#position;
  }

  /** Everything up to here has been acknowledged. */
  get acked(): number | undefined {
    return this.#position === undefined ? undefined : this.#acked;
  }

  /** Whether the conversation's log was replaced, and this order with it. */
  get isDiscarded(): boolean {
    return this.#discarded;
  }

  get gap(): Gap | undefined {
    return !this.#discarded && this.#position !== undefined && this.#highestSeen > this.#position
      ? { afterSeq: this.#position, toSeq: this.#highestSeen }
      : undefined;
  }

  /** Whether an entry with this seq would be new. */
  wants(seq: number): boolean {
    return !(seq <= (this.#position ?? 0) || this.#held.has(seq) || this.#silent.has(seq));
  }

  /** Takes note of an entry without keeping it: it is a gap until it comes again. */
  noteSeen(seq: number): void {
    if (this.#position === undefined) this.#start(seq - 1);
    this.#highestSeen = Math.max(this.#highestSeen, seq);
  }

  /** Takes a wanted entry. Returns what is now in order. */
  add(entry: InboxEntry): InboxEntry[] {
    this.noteSeen(entry.message.seq);
    this.#held.set(entry.message.seq, entry);
    return this.#advance();
  }

  /** An own send got this seq. Returns what is now in order. */
  ownSend(seq: number): InboxEntry[] {
    if (!this.wants(seq)) return [];
    this.#silent.add(seq, seq);
    this.#highestSeen = Math.max(this.#highestSeen, seq);
    // Before the first entry there is only one place to begin.
    if (this.#position === undefined && this.#silent.first === 1) this.#start(0);
    return this.#advance();
  }

  /** Seqs that never come, but for those that are held already. Returns what is now in order. */
  skip(fromSeq: number, toSeq: number): InboxEntry[] {
    if (this.#position === undefined) this.#start(fromSeq - 1);
    this.#silent.add(Math.max(fromSeq, this.#position! + 1), toSeq);
    this.#highestSeen = Math.max(this.#highestSeen, toSeq);
    return this.#advance();
  }

  /** Takes note of an acknowledgement. Returns how far it really goes. */
  acknowledge(seq: number): number {
    if (this.#tail && seq >= this.#tail.seq) {
      this.#acked = Math.max(this.#acked, this.#tail.ackSeq);
      this.#tail = undefined;
    } else {
      this.#acked = Math.max(this.#acked, seq);
    }
    return this.#acked;
  }

  /** Another order takes this one's place. Returns the bytes that were held. */
  discard(): number {
    this.#discarded = true;
    let heldBytes = 0;
    for (const { sizeBytes } of this.#held.values()) heldBytes += sizeBytes;
    this.#held.clear();
    return heldBytes;
  }

  #start(position: number): void {
    this.#position = this.#acked = position;
    this.#highestSeen = Math.max(this.#highestSeen, position);
    this.#silent.removeUpTo(position);
  }

  #advance(): InboxEntry[] {
    const released: InboxEntry[] = [];
    while (this.#position !== undefined) {
      const next = this.#position + 1;
      const entry = this.#held.get(next);
      if (entry) {
        this.#held.delete(next);
        this.#position = next;
        this.#tail = { seq: next, ackSeq: next };
        released.push(entry);
        continue;
      }
      const silentEnd = this.#silent.endOf(next);
      if (silentEnd === undefined) break;
      this.#position = silentEnd;
      for (const seq of this.#held.keys()) this.#position = Math.min(this.#position, seq - 1);
      if (this.#tail) this.#tail.ackSeq = this.#position;
      else this.#acked = this.#position;
    }
    if (this.#position !== undefined) this.#silent.removeUpTo(this.#position);
    return released;
  }
}
