import { endpoint, safeRedisOptions } from '../cluster/redis-connection.ts';
import type { RedisHost, RedisTarget } from '../cluster/redis-url.ts';
import type { Clock } from '../lib/clock.ts';
import { within } from './deadline.ts';
import { SLOTS } from './key-slot.ts';
import { RedisClient } from './redis-client.ts';

/** From the first to the last slot. */
type SlotRange = readonly [first: number, last: number];

/** One Redis that events go through, and which slots it has: a single Redis has all of them. */
export interface Shard {
  readonly endpoint: RedisHost | { readonly path: string };
  readonly slots: readonly SlotRange[];
}

/** Which Redis has which channels, as it is now: between them they have every slot. */
export type ReadShards = () => Promise<readonly Shard[]>;

/** CLUSTER SLOTS: ranges, each with its nodes, the master first. */
type SlotsReply = readonly (readonly [
  first: number,
  last: number,
  ...nodes: (readonly [string | null, number, ...unknown[]])[],
])[];

const ATTEMPT_MS = 2_000;

/** Of a Redis that is alone. */
export function singleShard(target: RedisTarget): ReadShards {
  const shards = [{ endpoint: endpoint(target), slots: [[0, SLOTS - 1] as const] }];
  return async () => shards;
}

/** Of a Redis Cluster: what the first node says that answers, of those in the URL and those that were there lately. */
export function clusterShards(target: RedisTarget, clock: Clock): ReadShards {
  let lately: readonly RedisHost[] = [];
  return async () => {
    const nodes = new Map([...target.hosts, ...lately].map((host) => [`${host.host}:${host.port}`, host]));
    const shards = await firstOf([...nodes.values()].map((node) => askNode(node, target, clock)));
    lately = shards.map((shard) => shard.endpoint);
    return shards;
  };
}

async function firstOf<T>(attempts: readonly Promise<T>[]): Promise<T> {
  try {
    return await Promise.any(attempts);
  } catch (error) {
    // Why the first node of the URL didn't tell says enough.
    throw error instanceof AggregateError ? error.errors[0] : error;
  }
}

async function askNode(node: RedisHost, target: RedisTarget, clock: Clock) {
  const client = new RedisClient({ ...safeRedisOptions(target), ...node, connectionName: 'parley-bus-shards' }, clock);
  try {
    await client.open();
    const reply = await within(clock, ATTEMPT_MS, client.redis.cluster('SLOTS'), 'CLUSTER SLOTS');
    return shardsOf(reply, node);
  } finally {
    await client.close();
  }
}

/** @throws Error where a slot has no master */
function shardsOf(reply: SlotsReply, asked: RedisHost): (Shard & { readonly endpoint: RedisHost })[] {
  const shards = new Map<string, { endpoint: RedisHost; slots: SlotRange[] }>();
  let covered = 0;
  for (const [first, last, master] of reply) {
    if (master === undefined) continue;
    const [host, port] = master;
    covered += last - first + 1;
    // A node that doesn't know its own address is where it was asked.
    const endpoint = { host: host || asked.host, port };
    const key = `${endpoint.host}:${port}`;
    const shard = shards.get(key) ?? { endpoint, slots: [] };
    shard.slots.push([first, last]);
    shards.set(key, shard);
  }
  for (const { slots } of shards.values()) slots.sort(([one], [other]) => one - other);
  if (covered !== SLOTS) throw new Error(`the Redis Cluster serves ${covered} of its ${SLOTS} slots`);
  return [...shards.values()];
}
