import { Redis, type RedisOptions } from 'ioredis';

import { REDIS_PATIENCE_MS } from '../cluster/redis-connection.ts';
import type { Clock } from '../lib/clock.ts';
import { within } from './deadline.ts';

/** One connection to one Redis. Once lost it stays lost: another one takes its place, which inherits nothing from it. */
export class RedisClient {
  readonly redis: Redis;
  /** Resolves with the cause when the connection has ended, whoever ended it. */
  readonly lost: Promise<Error>;
  readonly #clock: Clock;
  #cause: Error | undefined;

  /** @param options as `safeRedisOptions` gives them, and where it is */
  constructor(options: RedisOptions, clock: Clock) {
    this.#clock = clock;
    this.redis = new Redis({
      ...options,
      lazyConnect: true,
      retryStrategy: () => null,
      autoResubscribe: false,
      // Whoever sends commands watches over them; a timer for each would cost more than the command.
      commandTimeout: undefined,
      socketTimeout: undefined,
      enableReadyCheck: false,
      disableClientInfo: true,
    });
    // The first failure is the cause; what follows from it says less.
    this.redis.on('error', (error: Error) => (this.#cause ??= error));
    this.lost = new Promise((resolve) => {
      this.redis.once('end', () => resolve(this.#cause ?? new Error('the connection to Redis was lost')));
    });
  }

  /** Connects and is let in. @throws Error with the cause, within a second */
  async open(): Promise<void> {
    try {
      await within(this.#clock, REDIS_PATIENCE_MS, this.redis.connect(), 'connecting to Redis');
    } catch (error) {
      throw this.#cause ?? error;
    }
  }

  /** Returns when the connection has ended. */
  async close(): Promise<void> {
    this.redis.disconnect();
    await this.lost;
  }
}
