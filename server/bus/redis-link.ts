import { randomUUID } from 'node:crypto';

import type { RedisOptions } from 'ioredis';

import type { Clock } from '../lib/clock.ts';
import { EchoWatchdog } from './echo-watchdog.ts';
import { RedisClient } from './redis-client.ts';
import { RedisPublisher } from './redis-publisher.ts';
import { RedisSubscriptions } from './redis-subscriptions.ts';

export interface LinkOptions {
  /** As `safeRedisOptions` gives them, and where this Redis is. */
  readonly redis: RedisOptions;
  /** Before every channel. */
  readonly prefix: string;
  /** By sharded pub/sub, where this Redis has only some of the slots. */
  readonly sharded: boolean;
  /** Whether a channel belongs to this Redis. */
  readonly owns: (channel: string) => boolean;
}

export interface LinkParts {
  readonly clock: Clock;
  /** The channels to be subscribed to, of all links: they change. */
  readonly wanted: ReadonlySet<string>;
  readonly receive: (channel: string, bytes: Uint8Array) => void;
  /** Told once, at once, when it doesn't work any more. */
  readonly failed: (cause: Error) => void;
  readonly overflowed: (lost: number) => void;
}

/**
 * The way to one Redis and back: a connection that publishes, one that is subscribed, and an echo that shows that both
 * work. It works as a whole or has failed as a whole, and then for good: its successor begins anew.
 */
export class RedisLink {
  /** Resolves when all that was wanted at first is subscribed to and an echo has come. Rejects when it has failed. */
  readonly opened: Promise<void>;
  readonly #parts: LinkParts;
  readonly #options: LinkOptions;
  readonly #clients: readonly [publisher: RedisClient, subscriber: RedisClient];
  readonly #publisher: RedisPublisher;
  readonly #subscriptions: RedisSubscriptions;
  readonly #echo: EchoWatchdog;
  readonly #echoChannel: string;
  readonly #failure = Promise.withResolvers<never>();
  #state: 'connecting' | 'connected' | 'failed' = 'connecting';

  constructor(options: LinkOptions, parts: LinkParts) {
    const { clock, overflowed } = parts;
    const { sharded } = options;
    this.#parts = parts;
    this.#options = options;
    const client = (role: string) => new RedisClient({ ...options.redis, connectionName: `parley-bus-${role}` }, clock);
    this.#clients = [client('publisher'), client('subscriber')];
    const [publisher, subscriber] = this.#clients;
    const failed = (cause: unknown) => this.#fail(cause);
    const wanted = (channel: string) => channel === this.#echoChannel || parts.wanted.has(channel);
    this.#publisher = new RedisPublisher({ redis: publisher.redis, clock, sharded, failed, overflowed });
    this.#subscriptions = new RedisSubscriptions({ redis: subscriber.redis, clock, sharded, wanted, failed });
    this.#echoChannel = echoChannel(options);
    const send = () => this.#publisher.publish(this.#echoChannel, Buffer.alloc(0));
    this.#echo = new EchoWatchdog(clock, send, failed);

    this.opened = Promise.race([this.#open(), this.#failure.promise]);
    this.opened.catch(failed);
    for (const { lost } of this.#clients) void lost.then(failed);
  }

  get connected(): boolean {
    return this.#state === 'connected';
  }

  /** Lost while it is not connected. */
  publish(channel: string, bytes: Uint8Array): void {
    if (this.connected) this.#publisher.publish(channel, bytes);
  }

  /** Follows what is wanted of these channels. Returns when Redis has confirmed it; at once while it is not connected. */
  async change(channels: readonly string[]): Promise<void> {
    if (this.connected) await this.#subscriptions.change(channels);
  }

  /** Publishes what is still to be published. Returns when the connections have ended. */
  async close(): Promise<void> {
    if (this.connected) await this.#publisher.settled();
    this.#end(new Error('closed'));
    await Promise.all(this.#clients.map(({ lost }) => lost));
  }

  async #open(): Promise<void> {
    const [publisher, subscriber] = this.#clients;
    await Promise.all([publisher.open(), subscriber.open()]);
    if (this.#failed) return;
    this.#state = 'connected';
    const event = this.#options.sharded ? 'smessageBuffer' : 'messageBuffer';
    subscriber.redis.on(event, (channel: Buffer, message: Buffer) => this.#arrived(channel.toString(), message));
    // The node has given a slot away and with it ended subscriptions.
    subscriber.redis.on('moved', () => this.#fail(new Error('a slot of the Redis Cluster has moved')));
    await this.#subscriptions.change([this.#echoChannel, ...[...this.#parts.wanted].filter(this.#options.owns)]);
    if (!this.#failed) await this.#echo.start();
  }

  get #failed(): boolean {
    return this.#state === 'failed';
  }

  #arrived(channel: string, message: Buffer): void {
    if (channel === this.#echoChannel) this.#echo.heard();
    else this.#parts.receive(channel, message);
  }

  #fail(cause: unknown): void {
    if (this.#failed) return;
    const error = cause instanceof Error ? cause : new Error(String(cause));
    this.#end(error);
    this.#parts.failed(error);
  }

  #end(cause: Error): void {
    if (this.#failed) return;
    this.#state = 'failed';
    this.#echo.stop();
    this.#subscriptions.end();
    this.#failure.reject(cause);
    for (const { redis } of this.#clients) redis.disconnect();
  }
}

/** Of this link alone, and where this Redis takes it. */
function echoChannel({ prefix, owns }: LinkOptions): string {
  const name = `${prefix}echo:${randomUUID()}`;
  for (let tried = 0; ; tried++) if (owns(`${name}:${tried}`)) return `${name}:${tried}`;
}
