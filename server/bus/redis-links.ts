import { retryDelayMs } from '../cluster/redis-retry.ts';
import type { Clock } from '../lib/clock.ts';
import { keySlot, SLOTS } from './key-slot.ts';
import type { ReadShards, Shard } from './redis-shards.ts';
import type { RedisLink } from './redis-link.ts';

/** Links that worked for so long are taken to work again at once; otherwise attempts get rarer. */
const STEADY_MS = 10_000;

export interface LinksParts {
  readonly clock: Clock;
  readonly readShards: ReadShards;
  /** Opens a link for the channels of these slots. */
  readonly open: (shard: Shard, owns: (channel: string) => boolean, failed: (cause: Error) => void) => RedisLink;
  /** All links work. */
  readonly up: () => void;
  /** Something doesn't: told for each link that fails and each attempt that does. */
  readonly down: (cause: Error) => void;
}

/** Keeps a link to every Redis that has channels, for ever: one to a single Redis, one to each master of a cluster. */
export class RedisLinks {
  readonly #parts: LinksParts;
  readonly #links = new Map<string, RedisLink>();
  /** Of each slot. */
  #routes: (RedisLink | undefined)[] = [];
  #failure = Promise.withResolvers<Error>();
  #failed: Error | undefined;
  #wake: () => void = () => undefined;
  #closed = false;
  readonly #running: Promise<void>;

  constructor(parts: LinksParts) {
    this.#parts = parts;
    this.#running = this.#run();
  }

  /** The link that has the channel; undefined while there is none. */
  of(channel: string): RedisLink | undefined {
    return this.#routes[keySlot(channel)];
  }

  /** Ends all connections. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#wake();
    this.#fail(new Error('closed'));
    await Promise.all([...this.#links.values()].map((link) => link.close()));
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, up, down } = this.#parts;
    for (let attempt = 1; !this.#closed; attempt++) {
      this.#failed = undefined;
      this.#failure = Promise.withResolvers();
      try {
        await this.#connect();
        if (this.#failed !== undefined) throw this.#failed;
        const since = clock.monotonic();
        up();
        await this.#failure.promise;
        if (clock.monotonic() - since > STEADY_MS) attempt = 0;
      } catch (error) {
        if (!this.#closed) down(error as Error);
      }
      if (!this.#closed) await this.#pause(retryDelayMs(attempt));
    }
    await Promise.all([...this.#links.values()].map((link) => link.close()));
  }

  /** Opens what is missing, closes what is no longer there; what works and has the same slots stays. */
  async #connect(): Promise<void> {
    const shards = new Map((await this.#parts.readShards()).map((shard) => [JSON.stringify(shard), shard]));
    if (this.#closed) throw new Error('closed');
    for (const [key, link] of this.#links) {
      if (shards.has(key)) continue;
      this.#links.delete(key);
      await link.close();
    }
    const routes = new Array<RedisLink | undefined>(SLOTS);
    for (const [key, shard] of shards) {
      const link = this.#links.get(key) ?? this.#open(key, shard);
      for (const [first, last] of shard.slots) routes.fill(link, first, last + 1);
    }
    this.#routes = routes;
    await Promise.all([...this.#links.values()].map((link) => link.opened));
  }

  #open(key: string, shard: Shard): RedisLink {
    const slots = new Set<number>();
    for (const [first, last] of shard.slots) for (let slot = first; slot <= last; slot++) slots.add(slot);
    const link = this.#parts.open(
      shard,
      (channel) => slots.has(keySlot(channel)),
      (cause) => {
        if (this.#links.get(key) === link) this.#links.delete(key);
        this.#fail(cause);
      },
    );
    this.#links.set(key, link);
    return link;
  }

  #fail(cause: Error): void {
    this.#failed ??= cause;
    this.#failure.resolve(cause);
    if (!this.#closed) this.#parts.down(cause);
  }

  async #pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = this.#parts.clock.after(ms, resolve);
    this.#wake = () => {
      timer.cancel();
      resolve();
    };
    await promise;
  }
}
