import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';

import type { Store } from '../../server/store/seam/store.ts';
import { RedisProcess } from '../cluster/redis-process.ts';
import { openMemoryStore } from '../domain/domain.ts';
import { makeTempFolder, removeTempFolder } from '../setup/temp-folder.ts';
import { eventually } from './eventually.ts';
import { LEASE_MS, PresenceReplica } from './replica.ts';

/** Whose presence is told, and to whom. */
const FRIEND = 1_000;

describe('presence on several replicas', () => {
  let folder: string;
  let redis: RedisProcess;
  let store: Store;
  let replicas: PresenceReplica[];
  let ann: number;
  let awayAfterMs: number;
  /** While a replica asks who the friends are that it tells. */
  let telling: () => void | Promise<void>;

  beforeAll(async () => {
    folder = await makeTempFolder('presence');
    redis = new RedisProcess(folder);
    await redis.start();
  });

  afterAll(async () => {
    await redis.stop();
    await removeTempFolder(folder);
  });

  beforeEach(async () => {
    store = await openMemoryStore();
    replicas = [];
    awayAfterMs = 3_600_000;
    telling = () => undefined;
    ann = await makeUser();
  });

  afterEach(async () => {
    redis.resume();
    await Promise.all(replicas.map((replica) => replica.drain()));
    await store[Symbol.asyncDispose]();
    await redis.restart();
  });

  async function makeUser(): Promise<number> {
    const name = randomUUID();
    return (await store.accounts.insert({ name, foldedName: name, passwordHash: '-', createdAt: 0 })).id;
  }

  /** Replicas that have no lease yet. */
  function join(...names: string[]): PresenceReplica[] {
    const friends = {
      ids: async () => {
        await telling();
        return [FRIEND];
      },
    };
    const parts = { store, friends, awayAfterMs, redisUrl: redis.url };
    const joined = names.map((name) => new PresenceReplica(name, randomUUID(), parts));
    replicas.push(...joined);
    return joined;
  }

  /** Replicas whose lease has lasted long enough for them to act on that of others. */
  async function start(...names: string[]): Promise<PresenceReplica[]> {
    const started = join(...names);
    await Promise.all(started.map(({ lease }) => lease.start()));
    await eventually(() => started.every(({ lease }) => lease.heldForMs() >= LEASE_MS));
    return started;
  }

  const told = () => replicas.flatMap((replica) => replica.told(ann, FRIEND));
  const rowOf = async (userId = ann) => (await store.presence.runsOf([userId])).get(userId)?.replica;

  test('a user is online as long as they are on any replica', async () => {
    const [a, b, c] = (await start('a', 'b', 'c')) as [PresenceReplica, PresenceReplica, PresenceReplica];
    a.presence.arrive(ann);
    b.presence.arrive(ann);
    await eventually(async () => (await c.statusOf(ann)) === 'online');
    await eventually(async () => (await rowOf()) !== undefined);
    b.presence.leave(ann);
    await eventually(async () => (await rowOf()) === 'a');
    expect(await b.statusOf(ann)).toBe('online');
    expect(await c.statusOf(ann)).toBe('online');
    a.presence.leave(ann);
    await eventually(async () => (await c.statusOf(ann)) === 'offline');
    await eventually(async () => (await rowOf()) === undefined);
    const state = (await c.presence.states([ann])).get(ann);
    expect(state?.lastSeenAt).toBeGreaterThan(0);
  });

  test('the row of who leaves the replica that came last goes on under the other', async () => {
    const [a, b] = (await start('a', 'b')) as [PresenceReplica, PresenceReplica];
    a.presence.arrive(ann);
    await eventually(async () => (await rowOf()) === 'a');
    b.presence.arrive(ann);
    await eventually(async () => (await rowOf()) === 'b');
    b.presence.leave(ann);
    await eventually(async () => (await rowOf()) === 'a');
    a.presence.leave(ann);
    await eventually(async () => (await rowOf()) === undefined);
  });

  test('who is away here and online there is online; who is away everywhere is away', async () => {
    awayAfterMs = 4_000;
    const [a, b, c] = (await start('a', 'b', 'c')) as [PresenceReplica, PresenceReplica, PresenceReplica];
    a.presence.arrive(ann);
    await eventually(async () => (await c.statusOf(ann)) === 'away');
    await eventually(() => told().length === 2);
    await saidAll(a);
    b.presence.arrive(ann);
    await eventually(async () => (await c.statusOf(ann)) === 'online');
    expect(await a.statusOf(ann)).toBe('online');
    await eventually(async () => (await c.statusOf(ann)) === 'away');
    await eventually(() => told().length === 4);
    expect(a.told(ann, FRIEND)).toEqual(['online', 'away']);
    expect(b.told(ann, FRIEND)).toEqual(['online', 'away']);
    await saidAll(b);
    // What b told is known to a, which told it differently last.
    a.presence.active(ann);
    await eventually(() => a.told(ann, FRIEND).length === 3);
    expect(a.told(ann, FRIEND)).toEqual(['online', 'away', 'online']);
  });

  test('who goes from one replica to another within the grace is told of once; who comes back later, again', async () => {
    const [a, b] = (await start('a', 'b')) as [PresenceReplica, PresenceReplica];
    a.presence.arrive(ann);
    await eventually(() => told().length === 1);
    await settled(a);
    a.presence.leave(ann);
    b.presence.arrive(ann);
    // Past the grace, and the last of a in the roster.
    await eventually(async () => (await entriesOf(a)).length === 0);
    expect(told()).toEqual(['online']);
    b.presence.leave(ann);
    await eventually(() => told().length === 2);
    expect(b.told(ann, FRIEND)).toEqual(['offline']);
    await saidAll(b);
    a.presence.arrive(ann);
    await eventually(() => told().length === 3);
    expect(a.told(ann, FRIEND)).toEqual(['online', 'online']);
  });

  test('of who arrives on two replicas at the same time, friends hear', async () => {
    const [a, b] = (await start('a', 'b')) as [PresenceReplica, PresenceReplica];
    for (const replica of [a, b]) replica.presence.arrive(ann);
    await Promise.all([settled(a), settled(b)]);
    expect(new Set(told())).toEqual(new Set(['online']));
    for (const replica of [a, b]) replica.presence.leave(ann);
    await eventually(async () => (await entriesOf(a)).length + (await entriesOf(b)).length === 0);
    expect(told().at(-1)).toBe('offline');
    expect(told().filter((status) => status === 'offline').length).toBeGreaterThan(0);
  });

  test('who comes to another replica while this one tells that they are gone is told of as there at last', async () => {
    const [a, b] = (await start('a', 'b')) as [PresenceReplica, PresenceReplica];
    a.presence.arrive(ann);
    await settled(a);
    const [reached, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    telling = async () => {
      telling = () => undefined;
      reached.resolve();
      await gate.promise;
    };
    a.presence.leave(ann);
    await reached.promise;
    b.presence.arrive(ann);
    // By the roster, friends know already that she is online.
    await settled(b);
    expect(b.told(ann, FRIEND)).toEqual([]);
    gate.resolve();
    await eventually(() => a.told(ann, FRIEND).length === 3);
    expect(a.told(ann, FRIEND)).toEqual(['online', 'offline', 'online']);
  });

  test('of who hides it, nothing is shown or told, on any replica', async () => {
    const [a, b] = (await start('a', 'b')) as [PresenceReplica, PresenceReplica];
    await store.transact(async (tx) => {
      await tx.accounts.lock(ann);
      await tx.accounts.setPresenceHidden(ann, true);
    });
    a.presence.arrive(ann);
    await eventually(async () => (await entriesOf(a)).length === 1);
    expect(await b.statusOf(ann)).toBe('hidden');
    a.presence.leave(ann);
    await eventually(async () => (await entriesOf(a)).length === 0);
    expect(told()).toEqual([]);
  });

  test('users of a killed replica are offline when its lease has ended, told once, though all look', async () => {
    const [a, b, c] = (await start('a', 'b', 'c')) as [PresenceReplica, PresenceReplica, PresenceReplica];
    const bob = await makeUser();
    a.presence.arrive(ann);
    a.presence.arrive(bob);
    await eventually(async () => (await rowOf(bob)) === 'a');
    a.kill();
    const killedAt = performance.now();
    b.presence.arrive(bob);
    await eventually(async () => (await c.statusOf(ann)) === 'offline');
    expect(performance.now() - killedAt).toBeLessThan(LEASE_MS + 1_000);
    await eventually(() => b.told(ann, FRIEND).length + c.told(ann, FRIEND).length > 0);
    await eventually(async () => (await rowOf()) === undefined);
    await eventually(async () => (await surveyed(b)) === 2);
    expect([...b.told(ann, FRIEND), ...c.told(ann, FRIEND)]).toEqual(['offline']);
    // Who came back elsewhere was never gone.
    expect([...b.told(bob, FRIEND), ...c.told(bob, FRIEND)]).toEqual([]);
    expect(await rowOf(bob)).toBe('b');
    expect(await entriesOf(a)).toEqual([]);
  });

  test('a replica that was killed is followed by another run of it', async () => {
    const [a] = (await start('a')) as [PresenceReplica];
    a.presence.arrive(ann);
    await eventually(async () => (await rowOf()) === 'a');
    a.kill();
    const [again] = join('a') as [PresenceReplica];
    await again.lease.start();
    expect(await again.statusOf(ann)).toBe('online');
    expect(await rowOf()).toBe('a');
    await eventually(async () => (await again.statusOf(ann)) === 'offline');
    await eventually(() => again.told(ann, FRIEND).length === 1);
    expect(await rowOf()).toBeUndefined();
  });

  test('what a replica that expires another leaves when it dies is done by a third', async () => {
    const [a, b, c] = (await start('a', 'b', 'c')) as [PresenceReplica, PresenceReplica, PresenceReplica];
    a.presence.arrive(ann);
    await eventually(async () => (await rowOf()) === 'a' && told().length === 1);
    b.pause();
    a.pause();
    c.pause();
    await eventually(async () => (await b.roster.survey()).ended.includes(a.incarnation));
    expect(await b.roster.claim(a.incarnation)).toBe(true);
    a.kill();
    b.kill();
    c.resume();
    await eventually(() => c.lease.heldForMs() >= LEASE_MS);
    expect(await c.roster.claim(a.incarnation)).toBe(false);
    expect(await rowOf()).toBe('a');
    // As after 10 s.
    await c.redis.del(`{parley}:claim:${a.incarnation}`);
    await eventually(async () => (await rowOf()) === undefined);
    await eventually(() => c.told(ann, FRIEND).length === 1);
    expect(c.told(ann, FRIEND)).toEqual(['offline']);
  });

  test('who is not in the database yet is expired by the roster, many by many', async () => {
    const [a, b] = (await start('a', 'b')) as [PresenceReplica, PresenceReplica];
    const users = Array.from({ length: 1_300 }, (_unused, n) => 10_000 + n);
    await a.roster.write(new Map(users.map((userId) => [userId, { is: 'online', told: 'online' }])));
    a.kill();
    await eventually(async () => (await surveyed(b)) === 1);
    await eventually(() => b.bus.published.length >= users.length);
    const tellings = b.bus.published.map(({ event }) => event.type === 'presence' && event.userId);
    expect(new Set(tellings)).toEqual(new Set(users));
    expect(tellings).toHaveLength(users.length);
    expect(await entriesOf(a)).toEqual([]);
  });

  test('a replica that was paused brings its users back', async () => {
    const [a, b] = (await start('a', 'b')) as [PresenceReplica, PresenceReplica];
    a.presence.arrive(ann);
    await eventually(async () => (await rowOf()) === 'a' && told().length === 1);
    a.pause();
    await eventually(() => b.told(ann, FRIEND).includes('offline'));
    await eventually(async () => (await rowOf()) === undefined);
    a.resume();
    await eventually(async () => (await b.statusOf(ann)) === 'online');
    await eventually(async () => (await rowOf()) === 'a');
    await eventually(() => a.told(ann, FRIEND).length === 2);
    expect(a.told(ann, FRIEND)).toEqual(['online', 'online']);
  });

  test('a Redis that lost everything is written anew, and nobody is expired', async () => {
    const [a, b] = (await start('a', 'b')) as [PresenceReplica, PresenceReplica];
    a.presence.arrive(ann);
    await eventually(async () => (await rowOf()) === 'a' && told().length === 1);
    const statuses: (string | undefined)[] = [];
    await a.redis.flushall();
    while ((await entriesOf(a)).length === 0) statuses.push(await b.statusOf(ann));
    await eventually(() => b.lease.heldForMs() >= LEASE_MS && a.lease.heldForMs() >= LEASE_MS);
    expect(new Set([...statuses, await b.statusOf(ann)])).toEqual(new Set(['online']));
    expect(await rowOf()).toBe('a');
    expect(told()).toEqual(['online']);
  });

  test('a Redis that lost the last that was written, as in a failover, is written anew', async () => {
    const [a, b] = (await start('a', 'b')) as [PresenceReplica, PresenceReplica];
    a.presence.arrive(ann);
    await settled(a);
    const users = `{parley}:users:${a.incarnation}`;
    await b.redis.del(users);
    a.redis.disconnect(true);
    await eventually(async () => (await b.redis.hget(users, `${ann}`)) === 'oo');
    expect(await b.statusOf(ann)).toBe('online');
    expect(told()).toEqual(['online']);
  });

  test('who has not announced themselves anew in an emptied Redis is shown by the database', async () => {
    const [a, b] = (await start('a', 'b')) as [PresenceReplica, PresenceReplica];
    a.presence.arrive(ann);
    await eventually(async () => (await rowOf()) === 'a' && told().length === 1);
    a.pause();
    await b.redis.flushall();
    b.lease.renewSoon();
    await eventually(async () => (await b.registry.replicas()).length === 1);
    // Within the first lease of the new registry.
    expect(await b.statusOf(ann)).toBe('online');
    b.presence.arrive(ann);
    await settled(b);
    expect(b.told(ann, FRIEND)).toEqual([]);
    a.resume();
    await eventually(async () => (await b.registry.replicas()).length === 2);
    expect(await rowOf()).toBeDefined();
  });

  test('while Redis stands still, states come from here and the database within 2 s, and nobody is expired', async () => {
    const [a, b] = (await start('a', 'b')) as [PresenceReplica, PresenceReplica];
    const [bob, carol] = [await makeUser(), await makeUser()];
    a.presence.arrive(ann);
    await eventually(async () => (await rowOf()) === 'a' && told().length === 1);
    await redis.pause();
    b.presence.arrive(bob);
    const askedAt = performance.now();
    const states = await b.presence.states([ann, bob, carol]);
    expect(performance.now() - askedAt).toBeLessThan(2_000);
    const statuses = [...states.values()].map(({ status }) => status);
    expect(statuses).toEqual(['online', 'online', 'offline']);
    await eventually(() => b.lease.heldForMs() === 0);
    a.kill();
    await eventually(async () => (await rowOf(bob)) === 'b');
    expect(await rowOf()).toBe('a');
    redis.resume();
    await eventually(() => b.told(bob, FRIEND).length === 1);
    // Its lease ended while nobody could renew one: once the others have had a whole one, it is gone.
    await eventually(async () => (await b.statusOf(ann)) === 'offline');
    expect(await b.statusOf(bob)).toBe('online');
    await eventually(() => b.told(ann, FRIEND).length === 1);
  });

  test('a lost lease of everybody is no reason to expire anybody', async () => {
    const [a, b] = (await start('a', 'b')) as [PresenceReplica, PresenceReplica];
    a.presence.arrive(ann);
    await eventually(async () => (await rowOf()) === 'a' && told().length === 1);
    await redis.pause();
    await eventually(() => [a, b].every(({ lease }) => lease.heldForMs() === 0));
    redis.resume();
    await eventually(() => [a, b].every(({ lease }) => lease.heldForMs() >= LEASE_MS));
    expect(await b.statusOf(ann)).toBe('online');
    expect(await rowOf()).toBe('a');
    expect(b.told(ann, FRIEND)).toEqual([]);
  });

  test('a replica that drains leaves its users to those who have them, and the others are told of', async () => {
    const [a, b] = (await start('a', 'b')) as [PresenceReplica, PresenceReplica];
    const bob = await makeUser();
    for (const userId of [ann, bob]) a.presence.arrive(userId);
    await eventually(async () => (await rowOf(bob)) === 'a' && told().length === 1);
    await settled(a, ann);
    await settled(a, bob);
    await a.drain();
    b.presence.arrive(bob);
    await eventually(async () => (await rowOf(bob)) === 'b');
    expect((await b.registry.replicas()).map(({ replica }) => replica)).toEqual(['b']);
    expect(await b.statusOf(ann)).toBe('offline');
    await eventually(() => b.told(ann, FRIEND).length === 1);
    expect(b.told(ann, FRIEND)).toEqual(['offline']);
    expect(b.told(bob, FRIEND)).toEqual([]);
  });

  test('a late “offline” never ends a newer “online” elsewhere', async () => {
    const [a, b] = (await start('a', 'b')) as [PresenceReplica, PresenceReplica];
    a.presence.arrive(ann);
    await eventually(async () => (await rowOf()) === 'a');
    a.pause();
    a.presence.leave(ann);
    b.presence.arrive(ann);
    await eventually(async () => (await rowOf()) === 'b');
    a.resume();
    await eventually(async () => (await entriesOf(a)).length === 0);
    await a.drain();
    expect(await rowOf()).toBe('b');
    expect(await b.statusOf(ann)).toBe('online');
  });

  /** What the replica had to tell of the user has been told, and others know it. */
  async function settled(replica: PresenceReplica, userId = ann): Promise<void> {
    const key = `{parley}:users:${replica.incarnation}`;
    await eventually(async () => (await replica.redis.hget(key, `${userId}`)) === 'oo');
  }

  /** All that the replica has told so far has been looked at once more: another user has had their turn after it. */
  async function saidAll(replica: PresenceReplica): Promise<void> {
    const other = await makeUser();
    replica.presence.arrive(other);
    await eventually(() => replica.told(other, FRIEND).length === 1);
  }

  async function entriesOf(replica: PresenceReplica): Promise<string[]> {
    const asker = replicas.find(({ redis }) => redis.status === 'ready')!;
    return asker.redis.hkeys(`{parley}:users:${replica.incarnation}`);
  }

  /** How many replicas stand, and none whose users are still to be shown as gone. */
  async function surveyed(replica: PresenceReplica): Promise<number> {
    const { standing, ended } = await replica.roster.survey();
    return ended.length === 0 ? standing.size : 0;
  }
});
