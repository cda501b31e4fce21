import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';

import { MemoryRegistry } from '../../server/cluster/memory-registry.ts';
import { openCluster } from '../../server/cluster/open-cluster.ts';
import type { RedisClient } from '../../server/cluster/redis-keys.ts';
import { connectRedis } from '../../server/cluster/redis-connection.ts';
import { RedisLease } from '../../server/cluster/redis-lease.ts';
import { RedisRegistry } from '../../server/cluster/redis-registry.ts';
import { RedisRoster } from '../../server/cluster/redis-roster.ts';
import { parseRedisUrl } from '../../server/cluster/redis-url.ts';
import { NotListed, RegistryUnavailable, type Renewal, type ReplicaRecord } from '../../server/cluster/registry.ts';
import type { Roster } from '../../server/cluster/roster.ts';
import { systemClock } from '../../server/lib/clock.ts';
import { Events } from '../../server/telemetry/events.ts';
import { RedisProcess } from '../cluster/redis-process.ts';
import { silentEvents } from '../domain/domain.ts';
import { eventually } from '../presence/eventually.ts';
import { ProcessClock } from '../presence/process-clock.ts';
import { RedisCluster } from '../setup/redis-cluster.ts';
import { makeTempFolder, removeTempFolder } from '../setup/temp-folder.ts';
import { RECORD, registryConformance } from './registry-conformance.ts';

const LEASE_MS = 600;

let folder: string;
let redis: RedisProcess;
let redisCluster: RedisCluster;

beforeAll(async () => {
  folder = await makeTempFolder('registry');
  redis = new RedisProcess(folder);
  await redis.start();
  redisCluster = await RedisCluster.start();
}, 60_000);

afterAll(async () => {
  await redisCluster[Symbol.asyncDispose]();
  await redis.stop();
  await removeTempFolder(folder);
});

registryConformance('the registry of a replica that is alone', async (describe) => {
  const options = { incarnation: randomUUID(), describe: () => ({ ...RECORD, ...describe() }) };
  const registry = new MemoryRegistry(systemClock, options);
  return { registry, lease: registry, [Symbol.asyncDispose]: () => registry[Symbol.asyncDispose]() };
});

registryConformance('the registry over a Redis', (describe) => openOver(redis.url, false, describe));

registryConformance('the registry over a Redis Cluster', (describe) => openOver(redisCluster.url, true, describe));

/** Over a registry that nobody is in. */
async function openOver(redisUrl: string, isCluster: boolean, describe: () => { streams: number }) {
  const target = parseRedisUrl(redisUrl)!;
  const cleaner = connectRedis(target, { cluster: isCluster, name: 'cleaner' });
  await new Promise((resolve) => cleaner.once('ready', resolve));
  await cleaner.del('{parley}:replicas');
  cleaner.disconnect();
  return openCluster(
    {
      ...{ redisUrl, redisCluster: isCluster, incarnation: randomUUID(), leaseMs: LEASE_MS },
      describe: () => ({ ...RECORD, ...describe() }),
    },
    { clock: systemClock, events: silentEvents },
  );
}

test('the roster over a Redis Cluster', async () => {
  await using member = await openOver(redisCluster.url, true, () => ({ streams: 0 }));
  await using other = await openOver(redisCluster.url, true, () => ({ streams: 0 }));
  for (const { lease } of [member, other]) await lease.start();
  const [{ incarnation }] = (await member.registry.replicas()) as [ReplicaRecord];
  const [first, second] = [member, other].map(({ roster }) => roster!) as [Roster, Roster];
  await first.write(new Map([[7, { is: 'away', told: 'online' }]]));
  await first.write(new Map([[8, { is: null, told: null }]]));
  expect([...(await second.standings([7, 9])).keys()]).toEqual([7]);
  expect((await second.survey()).standing.has(incarnation)).toBe(true);
  const gone = randomUUID();
  expect(await second.claim(gone)).toBe(true);
  expect(await second.page(gone, null)).toEqual({ userIds: [], next: null });
  await second.strike(gone);
  expect(await first.claim(gone)).toBe(false);
});

/** One run of a replica, by itself. */
class Member implements AsyncDisposable {
  readonly incarnation = randomUUID();
  readonly clock = new ProcessClock();
  readonly renewals: Renewal[] = [];
  readonly lines: string[] = [];
  readonly redis: RedisClient;
  readonly registry: RedisRegistry;
  readonly roster: RedisRoster;
  readonly lease: RedisLease;

  constructor(replica: string) {
    const log = (_fields: unknown, line: string) => void this.lines.push(line);
    const events = new Events({ info: log, warn: log } as never);
    this.redis = connectRedis(parseRedisUrl(redis.url)!, { cluster: false, name: replica });
    this.registry = new RedisRegistry(this.redis);
    this.roster = new RedisRoster(this.redis, this.incarnation);
    const describe = () => ({ ...RECORD, replica, streams: 0 });
    const options = { incarnation: this.incarnation, leaseMs: LEASE_MS };
    this.lease = new RedisLease({ redis: this.redis, clock: this.clock, events, describe }, options);
    this.lease.onRenewed((renewal) => this.renewals.push(renewal));
  }

  async names(): Promise<string[]> {
    return (await this.registry.replicas()).map(({ replica }) => replica);
  }

  kill(): void {
    this.redis.disconnect();
    this.clock.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.redis.status === 'end') return;
    await this.lease[Symbol.asyncDispose]();
    this.kill();
  }
}

describe('leases in Redis', () => {
  let members: Member[] = [];

  afterEach(async () => {
    redis.resume();
    await Promise.all(members.map((member) => member[Symbol.asyncDispose]()));
    members = [];
    await redis.restart();
  });

  async function join(...names: string[]): Promise<Member[]> {
    const joining = names.map((name) => new Member(name));
    members.push(...joining);
    await Promise.all(joining.map(({ lease }) => lease.start()));
    return joining;
  }

  test('replicas list each other by name, and one that is killed is gone when its lease ends', async () => {
    const [c, a, b] = (await join('c', 'a', 'b')) as [Member, Member, Member];
    for (const member of [a, b, c]) expect(await member.names()).toEqual(['a', 'b', 'c']);
    b.kill();
    const killedAt = performance.now();
    expect(await a.names()).toEqual(['a', 'b', 'c']);
    await eventually(async () => (await a.names()).length === 2);
    expect(performance.now() - killedAt).toBeGreaterThan(LEASE_MS / 2);
    expect(performance.now() - killedAt).toBeLessThan(LEASE_MS + 1_000);
    expect(await a.names()).toEqual(['a', 'c']);
  });

  test('a lease that ended while its replica stood still is taken anew', async () => {
    const [a, b] = (await join('a', 'b')) as [Member, Member];
    a.clock.stop();
    await eventually(async () => (await b.names()).length === 1);
    a.clock.resume();
    await eventually(async () => (await b.names()).length === 2);
    await eventually(() => a.renewals.includes('ended'));
    expect(a.renewals[0]).toBe('new');
    expect(a.lines).toEqual(['lease was gone, taken anew']);
  });

  test('after an expiry, the lease says so', async () => {
    const [a, b] = (await join('a', 'b')) as [Member, Member];
    a.clock.stop();
    expect(await b.roster.claim(a.incarnation)).toBe(false);
    await eventually(async () => (await b.roster.survey()).ended.includes(a.incarnation));
    expect(await b.roster.claim(a.incarnation)).toBe(true);
    expect(await b.roster.page(a.incarnation, null)).toEqual({ userIds: [], next: null });
    await b.roster.strike(a.incarnation);
    expect((await b.roster.survey()).ended).toEqual([]);
    a.clock.resume();
    await eventually(() => a.renewals.includes('expired'));
    expect(await b.names()).toEqual(['a', 'b']);
  });

  test('of several that want to expire a run, one does, and none does it again', async () => {
    const [a, b, c] = (await join('a', 'b', 'c')) as [Member, Member, Member];
    await a.roster.write(new Map([[7, { is: 'online', told: 'online' }]]));
    a.kill();
    await eventually(async () => (await b.roster.survey()).ended.includes(a.incarnation));
    const claims = await Promise.all([b, c, b, c].map(({ roster }) => roster.claim(a.incarnation)));
    expect(claims.filter(Boolean)).toHaveLength(1);
    expect(await b.roster.page(a.incarnation, null)).toEqual({ userIds: [7], next: null });
    await b.roster.strike(a.incarnation);
    expect(await c.roster.claim(a.incarnation)).toBe(false);
    expect(await b.redis.exists(`{parley}:users:${a.incarnation}`)).toBe(0);
  });

  test('a run that comes back while it is being expired is left alone', async () => {
    const [a, b] = (await join('a', 'b')) as [Member, Member];
    a.clock.stop();
    await eventually(async () => (await b.roster.survey()).ended.includes(a.incarnation));
    expect(await b.roster.claim(a.incarnation)).toBe(true);
    a.clock.resume();
    await eventually(() => a.renewals.includes('expired'));
    await a.roster.write(new Map([[7, { is: 'online', told: null }]]));
    expect(await b.roster.page(a.incarnation, null)).toBeUndefined();
    await b.roster.strike(a.incarnation);
    expect(await b.names()).toEqual(['a', 'b']);
    expect(await b.roster.standings([7])).toEqual(
      new Map([[7, [{ run: { replica: 'a', incarnation: a.incarnation }, is: 'online', told: null }]]]),
    );
  });

  test('standings are those of every run but one, of many users, and none of a run that has gone', async () => {
    const [a, b] = (await join('a', 'b')) as [Member, Member];
    const many = Array.from({ length: 1_200 }, (_unused, n) => n + 1);
    await a.roster.write(new Map(many.map((userId) => [userId, { is: 'away', told: 'online' }])));
    await b.roster.write(new Map([[1_100, { is: null, told: 'away' }]]));
    const standings = await b.roster.standings([...many, 5_000]);
    expect(standings.size).toBe(1_200);
    expect(standings.get(1)).toMatchObject([{ run: { replica: 'a' }, is: 'away', told: 'online' }]);
    expect(new Set(standings.get(1_100)!.map(({ is, told }) => `${is} ${told}`))).toEqual(
      new Set(['away online', 'null away']),
    );
    expect((await b.roster.standings(many, b.incarnation)).get(1_100)).toHaveLength(1);
    await a.roster.write(new Map(many.map((userId) => [userId, null])));
    expect(await b.roster.standings(many, b.incarnation)).toEqual(new Map());
    await a.roster.write(new Map([[1, { is: 'online', told: 'online' }]]));
    await a[Symbol.asyncDispose]();
    // For a moment, what its friends were told of; not as being there.
    expect((await b.roster.standings([1])).get(1)).toMatchObject([{ is: null, told: 'online' }]);
  });

  test('a Redis that came back empty is written to at once by each, and asked by none before', async () => {
    const [a, b] = (await join('a', 'b')) as [Member, Member];
    await eventually(() => b.lease.heldForMs() > 0);
    await a.redis.flushall();
    await expect(b.roster.standings([1])).rejects.toThrow(NotListed);
    b.lease.renewSoon();
    await eventually(async () => (await b.names()).length === 2);
    expect(b.renewals.filter((renewal) => renewal === 'new')).toHaveLength(2);
    expect(b.lease.heldForMs()).toBeLessThan(LEASE_MS);
  });

  test('while Redis stands still nobody can tell, within 2 s; the leases are taken anew when it goes on', async () => {
    const [a, b] = (await join('a', 'b')) as [Member, Member];
    await redis.pause();
    const askedAt = performance.now();
    await expect(b.registry.replicas()).rejects.toThrow(RegistryUnavailable);
    await expect(b.roster.standings([1])).rejects.toThrow(RegistryUnavailable);
    expect(performance.now() - askedAt).toBeLessThan(4_000);
    await eventually(() => b.lease.heldForMs() === 0);
    redis.resume();
    await eventually(async () => {
      const names = await b.names().catch(() => []);
      return names.length === 2;
    });
    for (const { lease } of [a, b]) await eventually(() => lease.heldForMs() > 0);
    expect(b.lines).toEqual(['registry lost', 'registry back']);
  });

  test('a replica starts without Redis, and is listed soon after it is there', async () => {
    await redis.stop();
    const [a] = (await join('a')) as [Member];
    await expect(a.registry.replicas()).rejects.toThrow(RegistryUnavailable);
    expect(a.lines).toEqual(['registry lost']);
    await a.lease.drain();
    await redis.start();
    await eventually(async () => (await a.names().catch(() => [])).length === 1);
    expect(await a.registry.replicas()).toMatchObject([{ state: 'draining' }]);
    expect(a.lines).toEqual(['registry lost', 'registry back']);
  });
});
