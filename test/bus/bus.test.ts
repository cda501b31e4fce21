import { afterAll, beforeAll } from '@jest/globals';

import { MemoryBus } from '../../server/bus/memory-bus.ts';
import { RedisCluster } from '../setup/redis-cluster.ts';
import { busConformance } from './bus-conformance.ts';
import { openRedisBus } from './open-redis-bus.ts';

let cluster: RedisCluster;
beforeAll(async () => {
  cluster = await RedisCluster.start();
}, 60_000);
afterAll(() => cluster[Symbol.asyncDispose]());

busConformance('the bus of one replica', async () => new MemoryBus(), 1);
busConformance('the bus over a Redis', () => openRedisBus(`unix://${process.env['PARLEY_TEST_REDIS_SOCKET']}`), 3);
busConformance('the bus over a Redis Cluster', () => openRedisBus(cluster.url, { cluster: true }), 3);
