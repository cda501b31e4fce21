import type { Redis } from 'ioredis';

import { REDIS_PATIENCE_MS } from '../cluster/redis-connection.ts';
import type { Clock } from '../lib/clock.ts';
import { within } from './deadline.ts';
import { keySlot } from './key-slot.ts';

/** Channels that are asked for before the answer is awaited. */
const PIECE = 500;

export interface SubscriptionParts {
  readonly redis: Redis;
  readonly clock: Clock;
  /** By SSUBSCRIBE, at the node that has the channels' slots. */
  readonly sharded: boolean;
  /** Whether the channel should be subscribed to, now. */
  readonly wanted: (channel: string) => boolean;
  /** Redis refused or doesn't answer. */
  readonly failed: (cause: unknown) => void;
}

/**
 * Brings what one connection is subscribed to in line with what is wanted. Changes that come while Redis answers wait
 * for the next round, together; each round goes by what is wanted when it begins, so of several changes of one channel
 * the last one holds.
 */
export class RedisSubscriptions {
  readonly #parts: SubscriptionParts;
  readonly #confirmed = new Set<string>();
  #changed = new Set<string>();
  #nextRound = Promise.withResolvers<void>();
  #running = false;
  #ended = false;

  constructor(parts: SubscriptionParts) {
    this.#parts = parts;
  }

  /** Something may have changed about these channels. Returns when it is so at Redis, or when this has ended. */
  async change(channels: readonly string[]): Promise<void> {
    if (this.#ended || (!this.#running && channels.every((channel) => this.#settled(channel)))) return;
    for (const channel of channels) this.#changed.add(channel);
    const round = this.#nextRound.promise;
    if (!this.#running) {
      this.#running = true;
      // Whoever asks in this turn is in the first round.
      queueMicrotask(() => void this.#run());
    }
    await round;
  }

  /** Nobody waits any more, for what was asked and what will be. */
  end(): void {
    this.#ended = true;
    this.#nextRound.resolve();
  }

  async #run(): Promise<void> {
    try {
      while (this.#changed.size > 0 && !this.#ended) {
        const round = this.#nextRound;
        const channels = [...this.#changed];
        this.#nextRound = Promise.withResolvers();
        this.#changed = new Set();
        try {
          await this.#apply(channels);
        } finally {
          round.resolve();
        }
      }
    } catch (error) {
      this.end();
      this.#parts.failed(error);
    } finally {
      this.#running = false;
    }
  }

  async #apply(channels: readonly string[]): Promise<void> {
    const { redis, clock, sharded, wanted } = this.#parts;
    const unsettled = channels.filter((channel) => !this.#settled(channel));
    for (let start = 0; start < unsettled.length && !this.#ended; start += PIECE) {
      const piece = unsettled.slice(start, start + PIECE);
      const [added, removed] = [piece.filter(wanted), piece.filter((channel) => !wanted(channel))];
      for (const channel of removed) this.#confirmed.delete(channel);
      const answers = [
        ...together(removed, sharded).map((some) =>
          sharded ? redis.sunsubscribe(...some) : redis.unsubscribe(...some),
        ),
        ...together(added, sharded).map((some) => (sharded ? redis.ssubscribe(...some) : redis.subscribe(...some))),
      ];
      await within(clock, REDIS_PATIENCE_MS, Promise.all(answers), 'subscribing');
      for (const channel of added) this.#confirmed.add(channel);
    }
  }

  #settled(channel: string): boolean {
    return this.#parts.wanted(channel) === this.#confirmed.has(channel);
  }
}

/** The channels as one command takes them: all, or only those of one slot. */
function together(channels: readonly string[], sharded: boolean): string[][] {
  if (!sharded) return channels.length === 0 ? [] : [[...channels]];
  return [...Map.groupBy(channels, keySlot).values()];
}
