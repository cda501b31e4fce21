import type { Signal } from '../bus/bus.ts';
import type { Clock } from '../lib/clock.ts';
import type { UserCursor } from '../store/seam/cursors.ts';
import type { Outbox } from './outbox.ts';
import { PresenceBuffer } from './presence-buffer.ts';
import { ReceiptBuffer } from './receipt-buffer.ts';

/** Conversations whose own cursors a stream remembers; of others it is told again what it said itself. */
const MAX_OWN = 1_000;

/** What one stream is told beside the log. Nothing of it takes more room in the outbox than there is. */
export class StreamSignals {
  readonly #userId: number;
  readonly #outbox: Outbox;
  readonly #receipts: ReceiptBuffer;
  readonly #presence: PresenceBuffer;
  /** How far this stream itself has moved its user's cursors, or was told that they are. */
  readonly #own = new Map<number, UserCursor>();

  constructor(userId: number, outbox: Outbox, clock: Clock) {
    this.#userId = userId;
    this.#outbox = outbox;
    this.#receipts = new ReceiptBuffer(outbox, clock);
    this.#presence = new PresenceBuffer(outbox);
  }

  tell(signal: Signal): void {
    if (signal.type === 'receipt') {
      const { conversationId, userId, deliveredSeq, readSeq } = signal;
      this.#tellReceipt({ conversationId, userId, deliveredSeq, readSeq });
    } else if (signal.type === 'presence') {
      const { userId, status, lastSeenAt } = signal;
      this.#presence.add({ type: 'presence', userId, status, lastSeenAt });
    } else if (!this.#outbox.full) {
      const { conversationId, userId, target, stopped } = signal;
      this.#outbox.pushNotice({ type: 'typing', conversationId, userId, target, stopped });
    }
  }

  /** The stream has moved its user's cursor itself: it need not hear of it. False where that is nothing new. */
  noteOwn(conversationId: number, moved: { readonly deliveredSeq?: number; readonly readSeq?: number }): boolean {
    const before = this.#own.get(conversationId);
    const deliveredSeq = Math.max(before?.deliveredSeq ?? 0, moved.deliveredSeq ?? 0);
    const readSeq = Math.max(before?.readSeq ?? 0, moved.readSeq ?? 0);
    this.#own.delete(conversationId);
    this.#own.set(conversationId, { conversationId, userId: this.#userId, deliveredSeq, readSeq });
    if (this.#own.size > MAX_OWN) {
      const [oldest] = this.#own.keys();
      this.#own.delete(oldest!);
    }
    return deliveredSeq !== (before?.deliveredSeq ?? 0) || readSeq !== (before?.readSeq ?? 0);
  }

  close(): void {
    this.#receipts.close();
    this.#presence.close();
    this.#own.clear();
  }

  #tellReceipt(cursor: UserCursor): void {
    if (cursor.userId === this.#userId && !this.noteOwn(cursor.conversationId, cursor)) return;
    this.#receipts.add(cursor);
  }
}
