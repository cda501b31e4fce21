import { safeRedisOptions, withoutCommand } from '../cluster/redis-connection.ts';
import type { RedisTarget } from '../cluster/redis-url.ts';
import type { Clock } from '../lib/clock.ts';
import { LossReport } from '../lib/loss-report.ts';
import type { Events } from '../telemetry/events.ts';
import type { Bus, BusEvent, BusState, Channel } from './bus.ts';
import { clusterShards, singleShard } from './redis-shards.ts';
import { RedisLink } from './redis-link.ts';
import { RedisLinks } from './redis-links.ts';

export interface RedisBusOptions {
  readonly target: RedisTarget;
  /** It is a Redis Cluster: pub/sub is sharded over its masters. */
  readonly cluster: boolean;
}

export interface RedisBusParts {
  readonly codec: {
    encode(event: BusEvent): Uint8Array;
    /** Undefined for what this replica has encoded itself and for what can't be read. Never throws. */
    decode(bytes: Uint8Array): BusEvent | undefined;
  };
  readonly clock: Clock;
  readonly events: Events;
}

/**
 * The bus of replicas that share a Redis. What is published here arrives here at once, without Redis; the copy that
 * comes back is dropped. Redis keeps nothing: whoever isn't connected to it at that moment misses what is published.
 */
export class RedisBus implements Bus {
  readonly #parts: RedisBusParts;
  readonly #prefix: string;
  readonly #wanted = new Set<string>();
  readonly #links: RedisLinks;
  readonly #overflow: LossReport;
  readonly #attempted = Promise.withResolvers<void>();
  #receive: (event: BusEvent) => void = () => undefined;
  #changed: (state: BusState) => void = () => undefined;
  #state: BusState = 'degraded';
  #degradedSince: number;
  /** Whether the first attempt has come to something. */
  #told = false;
  #disposed = false;

  /** Returns after the first attempt to connect, however it went; after a failure the bus is degraded for the time being. */
  static async open(options: RedisBusOptions, parts: RedisBusParts): Promise<RedisBus> {
    const bus = new RedisBus(options, parts);
    await bus.#attempted.promise;
    return bus;
  }

  private constructor({ target, cluster }: RedisBusOptions, parts: RedisBusParts) {
    const { clock, events } = parts;
    this.#parts = parts;
    // Pub/sub knows no databases, so those who keep apart by them are kept apart by the prefix.
    this.#prefix = `parley:${target.db}:`;
    this.#overflow = new LossReport(clock, (lost) => events.busOverflowed(lost));
    this.#degradedSince = clock.monotonic();
    const linkParts = {
      clock,
      wanted: this.#wanted,
      receive: (channel: string, bytes: Uint8Array) => this.#arrived(channel, bytes),
      overflowed: (lost: number) => this.#overflow.add(lost),
    };
    this.#links = new RedisLinks({
      clock,
      readShards: cluster ? clusterShards(target, clock) : singleShard(target),
      open: ({ endpoint }, owns, failed) => {
        const redis = { ...safeRedisOptions(target), ...endpoint };
        return new RedisLink({ redis, prefix: this.#prefix, sharded: cluster, owns }, { ...linkParts, failed });
      },
      up: () => this.#up(),
      down: (cause) => this.#down(cause),
    });
  }

  get state(): BusState {
    return this.#state;
  }

  async subscribe(channels: readonly Channel[]): Promise<void> {
    if (this.#disposed) return;
    const names = channels.map((channel) => this.#prefix + channel);
    for (const name of names) this.#wanted.add(name);
    await this.#change(names);
  }

  async unsubscribe(channels: readonly Channel[]): Promise<void> {
    const names = channels.map((channel) => this.#prefix + channel);
    for (const name of names) this.#wanted.delete(name);
    await this.#change(names);
  }

  publish(channel: Channel, event: BusEvent): void {
    if (this.#disposed) return;
    const name = this.#prefix + channel;
    if (this.#wanted.has(name)) queueMicrotask(() => this.#receive(event));
    const link = this.#links.of(name);
    if (!link?.connected) return;
    try {
      link.publish(name, this.#parts.codec.encode(event));
    } catch (error) {
      this.#parts.events.workFailed('publishing an event', error);
    }
  }

  onEvent(receive: (event: BusEvent) => void): void {
    this.#receive = receive;
  }

  onState(changed: (state: BusState) => void): void {
    this.#changed = changed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    this.#wanted.clear();
    await this.#links.close();
  }

  async #change(names: readonly string[]): Promise<void> {
    const byLink = Map.groupBy(names, (name) => this.#links.of(name));
    await Promise.all([...byLink].map(async ([link, some]) => link?.change(some)));
  }

  /** From Redis. */
  #arrived(name: string, bytes: Uint8Array): void {
    if (!this.#wanted.has(name)) return;
    const event = this.#parts.codec.decode(bytes);
    // Like one of this replica's own: what goes wrong there is not for the connection to bear.
    if (event !== undefined) queueMicrotask(() => this.#receive(event));
  }

  #up(): void {
    this.#state = 'up';
    this.#told = true;
    this.#parts.events.busUp(Math.round(this.#parts.clock.monotonic() - this.#degradedSince));
    this.#attempted.resolve();
    this.#changed('up');
  }

  #down(cause: Error): void {
    const wasUp = this.#state === 'up';
    // Logged once, also where it has never been up.
    if (wasUp || !this.#told) this.#parts.events.busDegraded(withoutCommand(cause));
    this.#told = true;
    this.#attempted.resolve();
    if (!wasUp) return;
    this.#state = 'degraded';
    this.#degradedSince = this.#parts.clock.monotonic();
    this.#changed('degraded');
  }
}
