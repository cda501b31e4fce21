import type { Clock } from '../lib/clock.ts';
import type { Events } from '../telemetry/events.ts';
import { MemoryRegistry } from './memory-registry.ts';
import { connectRedis } from './redis-connection.ts';
import { RedisLease } from './redis-lease.ts';
import { RedisRegistry } from './redis-registry.ts';
import { RedisRoster } from './redis-roster.ts';
import { parseRedisUrl } from './redis-url.ts';
import type { Lease, Registry, ReplicaRecord } from './registry.ts';
import type { Roster } from './roster.ts';

export interface ClusterOptions {
  /** Empty where this replica is alone. */
  readonly redisUrl: string;
  readonly redisCluster: boolean;
  readonly incarnation: string;
  readonly leaseMs: number;
  readonly describe: () => Omit<ReplicaRecord, 'incarnation' | 'state'>;
}

/** This replica and the others. */
export interface ClusterParts extends AsyncDisposable {
  readonly registry: Registry;
  readonly lease: Lease;
  /** Null where this replica is alone. */
  readonly roster: Roster | null;
  /** Gives up the lease and ends the connection. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Over Redis where one is set; it need not be there yet. */
export function openCluster(options: ClusterOptions, parts: { clock: Clock; events: Events }): ClusterParts {
  const { redisUrl, redisCluster, incarnation, leaseMs, describe } = options;
  const target = parseRedisUrl(redisUrl);
  if (target === undefined) {
    const alone = new MemoryRegistry(parts.clock, { incarnation, describe });
    return { registry: alone, lease: alone, roster: null, [Symbol.asyncDispose]: () => alone[Symbol.asyncDispose]() };
  }
  const redis = connectRedis(target, { cluster: redisCluster, name: 'parley-registry' });
  const lease = new RedisLease({ redis, describe, ...parts }, { incarnation, leaseMs });
  return {
    registry: new RedisRegistry(redis),
    lease,
    roster: new RedisRoster(redis, incarnation),
    [Symbol.asyncDispose]: async () => {
      await lease[Symbol.asyncDispose]();
      redis.disconnect();
    },
  };
}
