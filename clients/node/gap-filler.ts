import { delay } from './clock.ts';
import type { Clock } from './clock.ts';
import type { ConversationOrder, Gap } from './conversation-order.ts';
import { ParleyError } from './errors.ts';
import type { Inbox } from './inbox.ts';
import { jitteredDelayMs } from './reconnect-policy.ts';
import type { Message, Page } from './types.ts';

export interface GapFillerOptions {
  readonly clock: Clock;
  readonly inbox: Pick<Inbox, 'room' | 'skip'>;
  /** How long a gap may stay before it is read from the log. */
  readonly waitMs: number;
  /** Reads the log after a seq. */
  readonly read: (conversationId: number, afterSeq: number, signal: AbortSignal) => Promise<Page<Message>>;
  /** Takes an entry that was read. */
  readonly deliver: (message: Message) => void;
  /** The log can't be read: the gap is passed over. */
  readonly onLost: (conversationId: number, gap: Gap, error: ParleyError) => void;
}

/** Reads from the log what the stream did not bring: one conversation's gap after the other. */
export class GapFiller {
  readonly #options: GapFillerOptions;
  readonly #watched = new Set<ConversationOrder>();
  readonly #abort = new AbortController();
  #turn: Promise<void> = Promise.resolve();

  constructor(options: GapFillerOptions) {
    this.#options = options;
  }

  /** Waits for the gap of a conversation to close by itself, and reads what is missing if it does not. */
  watch(order: ConversationOrder): void {
    if (this.#watched.has(order) || this.#abort.signal.aborted) return;
    this.#watched.add(order);
    void this.#close(order).finally(() => this.#watched.delete(order));
  }

  stop(): void {
    this.#abort.abort();
  }

  async #close(order: ConversationOrder): Promise<void> {
    const { signal } = this.#abort;
    while (order.gap && !signal.aborted) {
      const { afterSeq } = order.gap;
      await delay(this.#options.clock, this.#options.waitMs, signal);
      // One that moves is being filled by the stream.
      if (order.gap?.afterSeq === afterSeq) await this.#inTurn(() => this.#read(order, signal));
    }
  }

  /** One reader at a time bounds what is in memory beyond the inbox's own bound to one page. */
  async #inTurn(action: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(action);
    this.#turn = turn;
    await turn;
  }

  async #read(order: ConversationOrder, signal: AbortSignal): Promise<void> {
    const { clock, inbox, read, deliver, onLost } = this.#options;
    const { conversationId } = order;
    for (let failures = 0; ;) {
      await inbox.room();
      const gap = order.gap;
      if (!gap || signal.aborted) return;
      try {
        const { items, nextPageToken } = await read(conversationId, gap.afterSeq, signal);
        if (order.isDiscarded) return;
        failures = 0;
        for (const message of items) deliver(message);
        const lastSeq = items.at(-1)?.seq;
        const isWhole = nextPageToken === '' || lastSeq === undefined;
        // What the answer leaves out up to here is not for this user's eyes.
        inbox.skip(conversationId, gap.afterSeq + 1, isWhole ? Math.max(lastSeq ?? 0, gap.toSeq) : lastSeq);
      } catch (error) {
        if (signal.aborted) return;
        const failure =
          error instanceof ParleyError ? error : new ParleyError('INTERNAL', String(error), { cause: error });
        if (!failure.retryable) {
          onLost(conversationId, gap, failure);
          inbox.skip(conversationId, gap.afterSeq + 1, gap.toSeq);
          return;
        }
        await delay(clock, (failure.retryAfterMs ?? 0) + jitteredDelayMs(failures, Math.random()), signal);
        failures += 1;
      }
    }
  }
}
