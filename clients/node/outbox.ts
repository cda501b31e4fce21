import { randomUUIDv7 } from 'node:crypto';
import type { Clock, Timer } from './clock.ts';
import { aborted, ParleyError } from './errors.ts';
import { SendLane } from './send-lane.ts';
import type { OutboxEntry } from './send-lane.ts';
import type { Content, SendReceipt, Target } from './types.ts';

export interface OutboxOptions {
  readonly clock: Clock;
  /** So many messages may wait for their receipts; a further one is refused with RESOURCE_EXHAUSTED (OUTBOX_FULL). */
  readonly maxMessages: number;
  /** From 0 (included) to 1 (excluded). */
  readonly random: () => number;
  /** Whether anything awaits its result may have changed. */
  readonly onActivity: () => void;
}

/** Where batches go while a stream is up. */
export interface OutboxLink {
  readonly maxBatch: number;
  readonly maxBatchBytes: number;
  /** Writes one batch. Returns whether more may follow at once; if not, call `flush` when it may. */
  readonly write: (batch: readonly OutboxEntry[]) => boolean;
}

export interface SendOptions {
  /** A UUID, unique per sender for ever: the same one again stores nothing twice. Default: a new one (version 7). */
  readonly clientMessageId?: string;
  /** Stops waiting for the receipt, and resending; the message may be stored all the same. */
  readonly signal?: AbortSignal;
}

/**
 * Messages that are not acknowledged yet. They are written in order, and again in order after a reconnect or a failure
 * that may pass, under the same client_message_id; so each is stored once, and each conversation keeps its order.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #lanes = new Map<string, SendLane>();
  readonly #entries = new Map<string, OutboxEntry>();
  readonly #timers = new Map<SendLane, Timer>();
  #link: OutboxLink | undefined;
  #flushScheduled = false;
  #emptyWaiters: (() => void)[] = [];

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** Whether results are awaited from the stream. */
  get isAwaiting(): boolean {
    return this.#link !== undefined && this.#entries.size > 0;
  }

  send(target: Target, content: Content, options: SendOptions = {}): Promise<SendReceipt> {
    const { clientMessageId = randomUUIDv7(), signal } = options;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) throw aborted(signal);
      if (this.#entries.has(clientMessageId)) throw new TypeError(`${clientMessageId} is already being sent`);
      if (this.#entries.size >= this.#options.maxMessages) {
        throw new ParleyError('RESOURCE_EXHAUSTED', `${this.#entries.size} messages wait for their receipts already`, {
          reason: 'OUTBOX_FULL',
        });
      }
      const lane = this.#lane(target);
      const abort = (): void => {
        entry.reject(aborted(signal!));
        // The server fails later sends for the sake of the order until it has answered for this one.
        if (!entry.wasWritten) this.#remove(entry);
      };
      const settled = (): void => signal?.removeEventListener('abort', abort);
      const entry: OutboxEntry = {
        clientMessageId,
        target,
        content,
        lane,
        wasWritten: false,
        resolve: (receipt) => {
          settled();
          resolve(receipt);
        },
        reject: (error) => {
          settled();
          reject(error);
        },
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#entries.set(clientMessageId, entry);
      lane.push(entry);
      this.#scheduleFlush();
    });
  }

  /** A stream is up: everything that waits is written again, in order. */
  attach(link: OutboxLink): void {
    this.#link = link;
    this.flush();
  }

  /** The stream is gone: what awaited results is to be written again. */
  detach(): void {
    this.#link = undefined;
    for (const lane of this.#lanes.values()) lane.requeueAll();
    this.#options.onActivity();
  }

  /** A message is stored, says its receipt. */
  stored(receipt: SendReceipt): void {
    const entry = this.#entries.get(receipt.clientMessageId);
    if (!entry) return;
    entry.lane.succeeded();
    entry.resolve(receipt);
    this.#remove(entry);
  }

  /**
   * A message came back as an entry before its receipt, which was lost with a stream. Returns false for one that does
   * not wait here. It is written again all the same: the server wants to have answered for it.
   */
  cameBack(receipt: SendReceipt): boolean {
    const entry = this.#entries.get(receipt.clientMessageId);
    entry?.resolve(receipt);
    return entry !== undefined;
  }

  /** The server refused a message, or failed to store it. */
  failed(clientMessageId: string, error: ParleyError): void {
    const entry = this.#entries.get(clientMessageId);
    if (!entry) return;
    if (!error.retryable) {
      entry.reject(error);
      this.#remove(entry);
      return;
    }
    entry.lane.failed(entry, error, this.#options.clock.monotonic(), this.#options.random());
    this.#scheduleFlush();
  }

  /** Writes what may be written. */
  flush(): void {
    this.#flushScheduled = false;
    const link = this.#link;
    if (!link) return;
    const nowMs = this.#options.clock.monotonic();
    let batch: OutboxEntry[] = [];
    let batchBytes = 0;
    let mayWrite = true;
    const write = (): void => {
      mayWrite = link.write(batch);
      batch = [];
      batchBytes = 0;
    };
    for (const lane of this.#lanes.values()) {
      const waitMs = lane.waitMs(nowMs);
      if (waitMs > 0) {
        this.#flushLater(lane, waitMs);
        continue;
      }
      for (let entry = lane.peek(); entry && mayWrite; entry = lane.peek()) {
        const bytes = estimateBytes(entry);
        if (bytes > link.maxBatchBytes) {
          // It would end the stream, and the next one, and the next.
          this.failed(entry.clientMessageId, tooLarge());
          continue;
        }
        if (batch.length > 0 && (batch.length >= link.maxBatch || batchBytes + bytes > link.maxBatchBytes)) {
          write();
          continue;
        }
        lane.take();
        batch.push(entry);
        batchBytes += bytes;
      }
      if (!mayWrite) break;
    }
    if (batch.length > 0) write();
    this.#options.onActivity();
  }

  /** Resolves once every message has its receipt or was refused. */
  async empty(): Promise<void> {
    if (this.#entries.size > 0) await new Promise<void>((resolve) => this.#emptyWaiters.push(resolve));
  }

  /** Refuses everything that waits. */
  close(error: ParleyError): void {
    this.#link = undefined;
    for (const entry of [...this.#entries.values()]) {
      entry.reject(error);
      this.#remove(entry);
    }
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  #remove(entry: OutboxEntry): void {
    const { lane } = entry;
    this.#entries.delete(entry.clientMessageId);
    lane.remove(entry);
    if (lane.isEmpty) {
      this.#lanes.delete(lane.key);
      this.#timers.get(lane)?.cancel();
      this.#timers.delete(lane);
    }
    if (this.#entries.size === 0) {
      const waiters = this.#emptyWaiters;
      this.#emptyWaiters = [];
      for (const wake of waiters) wake();
    }
    this.#scheduleFlush();
  }

  #lane(target: Target): SendLane {
    const key = 'userId' in target ? `user:${target.userId}` : `group:${target.groupId}`;
    let lane = this.#lanes.get(key);
    if (!lane) {
      lane = new SendLane(key);
      this.#lanes.set(key, lane);
    }
    return lane;
  }

  /** What is sent within one turn of the event loop goes out together. */
  #scheduleFlush(): void {
    if (this.#flushScheduled || !this.#link) return;
    this.#flushScheduled = true;
    setImmediate(() => this.flush());
  }

  #flushLater(lane: SendLane, waitMs: number): void {
    if (waitMs === Infinity || this.#timers.has(lane)) return;
    const timer = this.#options.clock.after(waitMs, () => {
      this.#timers.delete(lane);
      this.flush();
    });
    this.#timers.set(lane, timer);
  }
}

function tooLarge(): ParleyError {
  const description = 'must fit into one frame';
  const violations = [{ field: 'content', description }];
  return new ParleyError('INVALID_ARGUMENT', `content: ${description}`, { reason: 'INVALID_FIELD', violations });
}

/** At most so many bytes on the wire: three for a UTF-16 unit, and room for ids and tags. */
function estimateBytes({ content }: OutboxEntry): number {
  return 200 + content.text.length * 3 + (content.payload?.data.length ?? 0);
}
