import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll } from '@jest/globals';

import { openCluster } from '../../server/cluster/open-cluster.ts';
import { systemClock } from '../../server/lib/clock.ts';
import { MemoryPresence } from '../../server/presence/memory-presence.ts';
import { SharedPresence } from '../../server/presence/shared-presence.ts';
import { silentEvents as events } from '../domain/domain.ts';
import { type RedisServer, startRedis } from '../setup/redis.ts';
import { AWAY_AFTER_MS, presenceConformance } from './presence-conformance.ts';

const LEASE_MS = 10_000;

let redis: RedisServer;

beforeAll(async () => {
  redis = await startRedis();
});

afterAll(() => redis.stop());

presenceConformance('presence of a replica that is alone', async ({ presence: store, accounts }, clock) => {
  const incarnation = randomUUID();
  const options = { replica: 'here', incarnation, awayAfterMs: AWAY_AFTER_MS };
  const presence = new MemoryPresence({ store, accounts, clock, events }, options);
  return { presence, incarnation, [Symbol.asyncDispose]: () => presence[Symbol.asyncDispose]() };
});

presenceConformance('presence over a Redis', async ({ presence: store, accounts }, clock) => {
  const incarnation = randomUUID();
  const record = { replica: 'here', address: '10.0.0.7:50051', weight: 1, version: '1' };
  const cluster = openCluster(
    {
      ...{ redisUrl: `unix://${redis.socket}`, redisCluster: false, incarnation, leaseMs: LEASE_MS },
      describe: () => ({ ...record, streams: 0, sent: 0, delivered: 0 }),
    },
    { clock: systemClock, events },
  );
  const { lease, roster } = cluster;
  const presence = new SharedPresence(
    { store, accounts, roster: roster!, lease, clock, events },
    { run: { replica: 'here', incarnation }, awayAfterMs: AWAY_AFTER_MS, leaseMs: LEASE_MS },
  );
  await lease.start();
  return {
    presence,
    incarnation,
    [Symbol.asyncDispose]: async () => {
      await presence[Symbol.asyncDispose]();
      await cluster[Symbol.asyncDispose]();
    },
  };
});
