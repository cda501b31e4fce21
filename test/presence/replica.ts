import { RedisLease } from '../../server/cluster/redis-lease.ts';
import { connectRedis } from '../../server/cluster/redis-connection.ts';
import type { RedisClient } from '../../server/cluster/redis-keys.ts';
import { RedisRegistry } from '../../server/cluster/redis-registry.ts';
import { RedisRoster } from '../../server/cluster/redis-roster.ts';
import { parseRedisUrl } from '../../server/cluster/redis-url.ts';
import { PresenceExpiry } from '../../server/presence/presence-expiry.ts';
import { PresenceNews } from '../../server/presence/presence-news.ts';
import { SharedPresence } from '../../server/presence/shared-presence.ts';
import type { Store } from '../../server/store/seam/store.ts';
import { RecordingBus, silentEvents } from '../domain/domain.ts';
import { ProcessClock } from './process-clock.ts';

/** In which a replica's time runs, but for that of its lease, which is Redis'. */
const SPEED = 10;
export const LEASE_MS = 600;

export interface ReplicaParts {
  readonly store: Store;
  readonly redisUrl: string;
  readonly friends: { ids(userId: number): Promise<number[]> };
  /** Of the replica's time. */
  readonly awayAfterMs: number;
}

/** What of a replica has to do with who is there, and how it ends. */
export class PresenceReplica {
  readonly name: string;
  readonly incarnation: string;
  readonly bus = new RecordingBus();
  readonly redis: RedisClient;
  readonly registry: RedisRegistry;
  readonly lease: RedisLease;
  readonly roster: RedisRoster;
  readonly presence: SharedPresence;
  readonly news: PresenceNews;
  readonly #clock = new ProcessClock(SPEED);
  readonly #leaseClock = new ProcessClock();
  readonly #expiry: PresenceExpiry;
  #ended = false;

  constructor(name: string, incarnation: string, { store, redisUrl, friends, awayAfterMs }: ReplicaParts) {
    this.name = name;
    this.incarnation = incarnation;
    const events = silentEvents;
    const clock = this.#clock;
    const run = { replica: name, incarnation };
    this.redis = connectRedis(parseRedisUrl(redisUrl)!, { cluster: false, name });
    const describe = () => ({
      ...{ replica: name, address: '127.0.0.1:1', weight: 1, version: '1.2.3' },
      ...{ streams: 0, sent: 0, delivered: 0 },
    });
    const leaseOptions = { incarnation, leaseMs: LEASE_MS };
    this.registry = new RedisRegistry(this.redis);
    this.lease = new RedisLease({ redis: this.redis, clock: this.#leaseClock, events, describe }, leaseOptions);
    this.roster = new RedisRoster(this.redis, incarnation);
    const parts = { roster: this.roster, lease: this.lease, clock, events };
    this.presence = new SharedPresence(
      { ...parts, store: store.presence, accounts: store.accounts },
      { run, awayAfterMs, leaseMs: LEASE_MS },
    );
    this.news = new PresenceNews({ presence: this.presence, friends, bus: this.bus, clock, events });
    this.#expiry = new PresenceExpiry({ ...parts, store: store.presence, news: this.news }, { run, leaseMs: LEASE_MS });
  }

  /** What `to` was told of the user by this replica. */
  told(userId: number, to: number): string[] {
    return this.bus.published.flatMap(({ channel, event }) =>
      channel === `user:${to}` && event.type === 'presence' && event.userId === userId ? [event.status] : [],
    );
  }

  async statusOf(userId: number): Promise<string | undefined> {
    return (await this.presence.states([userId])).get(userId)?.status;
  }

  /** Stands still, with all that it has. */
  pause(): void {
    this.#clock.stop();
    this.#leaseClock.stop();
  }

  resume(): void {
    this.#clock.resume();
    this.#leaseClock.resume();
  }

  /** Is gone at once, without a word to anybody. */
  kill(): void {
    this.#ended = true;
    this.redis.disconnect();
    this.#clock.end();
    this.#leaseClock.end();
  }

  /** Ends as it asks to be ended. */
  async drain(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    await this.#expiry[Symbol.asyncDispose]();
    this.news.close();
    await this.presence[Symbol.asyncDispose]();
    await this.lease[Symbol.asyncDispose]();
    this.redis.disconnect();
    this.#clock.end();
  }
}
