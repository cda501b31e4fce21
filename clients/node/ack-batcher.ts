import type { Clock, Timer } from './clock.ts';
import type { Position } from './types.ts';

export interface AckBatcherOptions {
  readonly clock: Clock;
  /** At most so long after the first mark of a batch it goes out. */
  readonly delayMs: number;
  /** So many marks go out at once, without waiting. */
  readonly maxMarks: number;
}

/** A server counts marks a second late; what was sent this shortly before a stream broke may be lost. */
const UNCERTAIN_MS = 5_000;

/**
 * Gathers cumulative marks (acknowledged, or read, up to a seq) and writes the last one of each conversation, in
 * batches. Marks of the last seconds of a broken stream are written again on the next one.
 */
export class AckBatcher {
  readonly #options: AckBatcherOptions;
  readonly #pending = new Map<number, number>();
  readonly #written = new Map<number, { seq: number; atMs: number }>();
  #marks = 0;
  #timer: Timer | undefined;
  #write: ((positions: readonly Position[]) => void) | undefined;
  #maxPositions = 1;

  constructor(options: AckBatcherOptions) {
    this.#options = options;
  }

  mark({ conversationId, seq }: Position): void {
    if (seq <= (this.#written.get(conversationId)?.seq ?? 0)) return;
    this.#pending.set(conversationId, Math.max(seq, this.#pending.get(conversationId) ?? 0));
    this.#marks += 1;
    if (this.#marks >= this.#options.maxMarks) this.flush();
    else this.#timer ??= this.#options.clock.after(this.#options.delayMs, () => this.flush());
  }

  /** From here on batches go to `write`, in frames of at most `maxPositions`. */
  attach(write: (positions: readonly Position[]) => void, maxPositions: number): void {
    this.#write = write;
    this.#maxPositions = maxPositions;
    const sinceMs = this.#options.clock.monotonic() - UNCERTAIN_MS;
    for (const [conversationId, { seq, atMs }] of this.#written) {
      if (atMs >= sinceMs && !this.#pending.has(conversationId)) this.#pending.set(conversationId, seq);
    }
    this.flush();
  }

  /** The stream is gone: marks wait for the next one. */
  detach(): void {
    this.#write = undefined;
  }

  /** Forgets a conversation's marks: its log was replaced. */
  forget(conversationId: number): void {
    this.#pending.delete(conversationId);
    this.#written.delete(conversationId);
  }

  forgetAll(): void {
    this.#pending.clear();
    this.#written.clear();
  }

  /** Writes what was gathered, if there is a stream. */
  flush(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (!this.#write || this.#pending.size === 0) return;
    const positions = Array.from(this.#pending, ([conversationId, seq]) => ({ conversationId, seq }));
    const atMs = this.#options.clock.monotonic();
    for (const { conversationId, seq } of positions) this.#written.set(conversationId, { seq, atMs });
    this.#pending.clear();
    this.#marks = 0;
    for (let from = 0; from < positions.length; from += this.#maxPositions) {
      this.#write(positions.slice(from, from + this.#maxPositions));
    }
  }
}
