import type { Redis } from 'ioredis';

import { REDIS_PATIENCE_MS } from '../cluster/redis-connection.ts';
import type { Clock } from '../lib/clock.ts';
import { within } from './deadline.ts';

/** What waits here and at Redis, at most: what comes on top of it is lost. */
const MAX_ROWS = 20_000;
const MAX_BYTES = 33_554_432;

interface Publication {
  readonly channel: string;
  readonly bytes: Uint8Array;
}

export interface PublisherParts {
  readonly redis: Redis;
  readonly clock: Clock;
  /** By SPUBLISH, to the node that has the channel's slot. */
  readonly sharded: boolean;
  /** Redis refused something or doesn't answer. */
  readonly failed: (cause: unknown) => void;
  /** So many were lost as there were too many. */
  readonly overflowed: (lost: number) => void;
}

/** Publishes over one connection, what one turn of the event loop brings as one write. */
export class RedisPublisher {
  readonly #parts: PublisherParts;
  #queue: Publication[] = [];
  #rows = 0;
  #bytes = 0;
  #flushed: Promise<void> = Promise.resolve();

  constructor(parts: PublisherParts) {
    this.#parts = parts;
  }

  publish(channel: string, bytes: Uint8Array): void {
    if (this.#rows >= MAX_ROWS || this.#bytes + bytes.byteLength > MAX_BYTES) {
      this.#parts.overflowed(1);
      return;
    }
    this.#rows += 1;
    this.#bytes += bytes.byteLength;
    this.#queue.push({ channel, bytes });
    if (this.#queue.length > 1) return;
    const flushed = new Promise<void>((done) => setImmediate(() => done(this.#flush())));
    const before = this.#flushed;
    // Without a result that would hold the one before, and so all of them, for ever.
    this.#flushed = flushed.then(() => before);
  }

  /** Returns when Redis has answered everything that was published, or won't. */
  async settled(): Promise<void> {
    while (this.#rows > 0) await this.#flushed;
  }

  async #flush(): Promise<void> {
    const batch = this.#queue;
    this.#queue = [];
    const { redis, clock, sharded, failed } = this.#parts;
    const pipeline = redis.pipeline();
    for (const { channel, bytes } of batch) {
      const message = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      if (sharded) pipeline.spublish(channel, message);
      else pipeline.publish(channel, message);
    }
    try {
      const answers = await within(clock, REDIS_PATIENCE_MS, pipeline.exec(), 'publishing');
      const refused = answers?.find(([error]) => error !== null);
      if (refused !== undefined) failed(refused[0]);
    } catch (error) {
      failed(error);
    }
    this.#rows -= batch.length;
    for (const { bytes } of batch) this.#bytes -= bytes.byteLength;
  }
}
