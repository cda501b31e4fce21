import type { Clock, Timer } from '../lib/clock.ts';
import type { UserCursor } from '../store/seam/cursors.ts';
import type { Outbox } from './outbox.ts';

/** From one frame to the next. */
const FRAME_EVERY_MS = 1_000;
/** What was written together arrives together: a frame waits for it. */
const GATHER_MS = 20;
/** Cursors that may wait: more are dropped, the oldest first. They are cumulative, and ListReceipts tells them too. */
const MAX_WAITING = 1_000;

/** Gathers the cursors that one stream is told of: the latest of each user and conversation, one frame a second. */
export class ReceiptBuffer {
  readonly #outbox: Outbox;
  readonly #clock: Clock;
  readonly #waiting = new Map<string, UserCursor>();
  #timer: Timer | undefined;
  #framedAt = -FRAME_EVERY_MS;

  constructor(outbox: Outbox, clock: Clock) {
    this.#outbox = outbox;
    this.#clock = clock;
  }

  add(cursor: UserCursor): void {
    const key = `${cursor.conversationId}:${cursor.userId}`;
    const before = this.#waiting.get(key);
    this.#waiting.delete(key);
    this.#waiting.set(key, before === undefined ? cursor : furthest(before, cursor));
    if (this.#waiting.size > MAX_WAITING) {
      const [oldest] = this.#waiting.keys();
      this.#waiting.delete(oldest!);
    }
    if (this.#timer !== undefined) return;
    const waitMs = this.#framedAt + FRAME_EVERY_MS - this.#clock.monotonic();
    this.#frameAfter(Math.max(GATHER_MS, waitMs));
  }

  close(): void {
    this.#timer?.cancel();
    this.#waiting.clear();
  }

  #frameAfter(delayMs: number): void {
    this.#timer = this.#clock.after(delayMs, () => this.#frame());
  }

  #frame(): void {
    // No room: what waits is put off, and becomes one with what comes meanwhile.
    if (this.#outbox.full) return this.#frameAfter(FRAME_EVERY_MS);
    this.#timer = undefined;
    this.#framedAt = this.#clock.monotonic();
    this.#outbox.pushNotice({ type: 'receipts', cursors: [...this.#waiting.values()] });
    this.#waiting.clear();
  }
}

function furthest(a: UserCursor, b: UserCursor): UserCursor {
  return {
    ...b,
    deliveredSeq: Math.max(a.deliveredSeq, b.deliveredSeq),
    readSeq: Math.max(a.readSeq, b.readSeq),
  };
}
