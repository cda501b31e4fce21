import type { ParleyError } from './errors.ts';
import { jitteredDelayMs } from './reconnect-policy.ts';
import type { Content, SendReceipt, Target } from './types.ts';

/** A message that has no receipt yet. */
export interface OutboxEntry {
  readonly clientMessageId: string;
  readonly target: Target;
  readonly content: Content;
  readonly lane: SendLane;
  /** Whether it was ever written: then it stays until the server has answered, even if nobody waits for it. */
  wasWritten: boolean;
  /** Tell the sender; the first one counts. */
  readonly resolve: (receipt: SendReceipt) => void;
  readonly reject: (error: ParleyError) => void;
}

/** The longest wait before a failed message is sent again, unless the server asks for more. */
const RETRY_BACKOFF = { baseMs: 100, capMs: 5_000 };

/**
 * The unacknowledged messages to one target, in the order in which they were sent. After a failure that may pass, the
 * results of everything written are awaited (the server fails those too, to keep the order), and then all of them are
 * written again from the first on.
 */
export class SendLane {
  readonly key: string;
  readonly #entries = new Set<OutboxEntry>();
  readonly #awaiting = new Set<OutboxEntry>();
  #unwritten: OutboxEntry[] = [];
  #unwrittenFrom = 0;
  #retryAtMs: number | undefined;
  #failures = 0;

  constructor(key: string) {
    this.key = key;
  }

  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  push(entry: OutboxEntry): void {
    this.#entries.add(entry);
    this.#unwritten.push(entry);
  }

  /** How long nothing may be written: 0 if something may, Infinity while results must come first. */
  waitMs(nowMs: number): number {
    if (this.#retryAtMs === undefined) return 0;
    if (this.#awaiting.size > 0) return Infinity;
    if (nowMs < this.#retryAtMs) return this.#retryAtMs - nowMs;
    this.#retryAtMs = undefined;
    this.#rewind();
    return 0;
  }

  /** The next message to write. */
  peek(): OutboxEntry | undefined {
    return this.#unwritten[this.#unwrittenFrom];
  }

  /** Notes that the next message is written. */
  take(): void {
    const entry = this.#unwritten[this.#unwrittenFrom]!;
    entry.wasWritten = true;
    this.#awaiting.add(entry);
    this.#unwrittenFrom += 1;
    if (this.#unwrittenFrom === this.#unwritten.length) {
      this.#unwritten = [];
      this.#unwrittenFrom = 0;
    }
  }

  succeeded(): void {
    this.#failures = 0;
  }

  /** A written message failed in a way that may pass. */
  failed(entry: OutboxEntry, error: ParleyError, nowMs: number, random: number): void {
    this.#awaiting.delete(entry);
    // Those that failed for the sake of the order wait with the one that failed by itself.
    if (error.reason === 'EARLIER_SEND_FAILED' && this.#retryAtMs !== undefined) return;
    const delayMs = (error.retryAfterMs ?? 0) + jitteredDelayMs(this.#failures, random, RETRY_BACKOFF);
    this.#failures += 1;
    this.#retryAtMs = Math.max(this.#retryAtMs ?? 0, nowMs + delayMs);
  }

  /** Nothing that was written is answered any more. */
  requeueAll(): void {
    this.#awaiting.clear();
    this.#retryAtMs = undefined;
    this.#rewind();
  }

  remove(entry: OutboxEntry): void {
    this.#entries.delete(entry);
    if (this.#awaiting.delete(entry)) return;
    const next = this.#unwritten.indexOf(entry, this.#unwrittenFrom);
    if (next >= 0) this.#unwritten.splice(next, 1);
  }

  #rewind(): void {
    this.#unwritten = [...this.#entries];
    this.#unwrittenFrom = 0;
  }
}
