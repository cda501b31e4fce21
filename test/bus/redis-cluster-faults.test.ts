import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';

import type { Channel } from '../../server/bus/bus.ts';
import { keySlot, SLOTS } from '../../server/bus/key-slot.ts';
import { type ClusterNode, RedisCluster } from '../setup/redis-cluster.ts';
import { freshChannels, Member } from './member.ts';
import { openRedisBus } from './open-redis-bus.ts';
import { ToldLog } from './told-log.ts';

const NOTICED_WITHIN_MS = 3_000;
/** Of channels that every master has some of. */
const EVERYWHERE = 60;

describe('a bus over a Redis Cluster', () => {
  let cluster: RedisCluster;
  let members: Member[];
  let log: ToldLog;

  beforeAll(async () => {
    cluster = await RedisCluster.start();
  }, 60_000);
  afterAll(() => cluster[Symbol.asyncDispose]());

  beforeEach(async () => {
    log = new ToldLog();
    members = [];
    for (const events of [log.events, undefined]) {
      members.push(new Member(await openRedisBus(cluster.url, { cluster: true, ...(events && { events }) })));
    }
    for (const { bus } of members) expect(bus.state).toBe('up');
  });
  afterEach(() => Promise.all(members.map((member) => member[Symbol.asyncDispose]())));

  async function expectArrival(channels: readonly Channel[]): Promise<void> {
    for (const publisher of members) {
      const number = 1 + Math.floor(Math.random() * 2 ** 50);
      for (const channel of channels) publisher.publish(channel, number);
      for (const member of members) {
        await member.until(() => channels.every((channel) => member.numbers(channel).includes(number)));
      }
    }
  }

  async function subscribeAll(): Promise<Channel[]> {
    const channels = freshChannels(EVERYWHERE);
    await Promise.all(members.map(({ bus }) => bus.subscribe(channels)));
    await expectArrival(channels);
    return channels;
  }

  const untilAll = (state: 'up' | 'degraded') => Promise.all(members.map((member) => member.untilState(state)));

  /** The node that has a channel, as the bus names it at Redis. */
  const nodeOf = (channel: Channel) => {
    const slot = keySlot(`parley:0:${channel}`);
    return { slot, node: cluster.nodes[Math.floor((slot * 3) / SLOTS)]! };
  };

  test('puts names where Redis puts them', async () => {
    const { redis } = cluster.nodes[0]!;
    const name = fc.oneof(
      fc.string({ unit: 'grapheme', minLength: 1 }),
      fc.array(fc.constantFrom('{', '}', 'a', 'bc'), { minLength: 1 }).map((parts) => parts.join('')),
    );
    await fc.assert(
      fc.asyncProperty(name, async (key) => {
        expect([key, keySlot(key)]).toEqual([key, await redis.cluster('KEYSLOT', key)]);
      }),
    );
  });

  test('spreads channels over all masters, each of which carries its own only', async () => {
    await subscribeAll();
    for (const { redis } of cluster.nodes) {
      const here = (await redis.call('PUBSUB', 'SHARDCHANNELS', 'parley:0:user:*')) as string[];
      expect(here.length).toBeGreaterThan(3);
      expect(here.length).toBeLessThan(EVERYWHERE);
    }
  });

  test('finds the other nodes from one', async () => {
    const channels = await subscribeAll();
    const [seed] = cluster.url.split(',');
    members.push(new Member(await openRedisBus(seed!, { cluster: true })));
    await members[2]!.bus.subscribe(channels);
    await expectArrival(channels);
  });

  test.each<[string, (node: ClusterNode) => Promise<void>, (node: ClusterNode) => Promise<void>]>([
    ['is killed and comes back', ({ process }) => process.kill(), ({ process }) => process.start()],
    ['stands still and goes on', ({ process }) => process.pause(), async ({ process }) => process.resume()],
  ])(
    'is degraded while one of its masters %s',
    async (_what, breakIt, mendIt) => {
      const channels = await subscribeAll();
      const lost = cluster.nodes[1]!;
      const from = performance.now();
      await breakIt(lost);
      await untilAll('degraded');
      expect(performance.now() - from).toBeLessThan(NOTICED_WITHIN_MS);

      // The other masters carry on.
      await expectArrival(channels.filter((channel) => nodeOf(channel).node !== lost));
      const more = freshChannels(EVERYWHERE);
      await Promise.all(members.map(({ bus }) => bus.subscribe(more)));

      await mendIt(lost);
      await untilAll('up');
      await expectArrival([...channels, ...more]);
      expect(log.messages).toEqual(['bus up', 'bus degraded', 'bus up']);
      await cluster.untilFormed();
    },
    60_000,
  );

  test('follows a slot to another master, for who is subscribed there and for who only publishes', async () => {
    const channels = await subscribeAll();
    const [subscriber, publisher] = members as [Member, Member];
    const moved = channels[0]!;
    const { slot, node } = nodeOf(moved);
    const other = cluster.nodes.find((one) => one !== node)!;
    await publisher.bus.unsubscribe([moved]);

    await cluster.moveSlot(slot, node, other);
    await subscriber.untilState('degraded');
    await subscriber.untilState('up');
    // Redis tells the publisher only when it is asked; what is published until then is lost.
    publisher.publish(moved, 1);
    await publisher.untilState('degraded');
    await publisher.untilState('up');
    publisher.publish(moved, 2);
    await subscriber.until(() => subscriber.numbers(moved).includes(2));
    await publisher.bus.subscribe([moved]);
    await expectArrival(channels);
    expect(log.lines[1]?.err?.message).toMatch(/slot|MOVED/);

    await cluster.moveSlot(slot, other, node);
    await subscriber.untilState('degraded');
    await untilAll('up');
  }, 60_000);

  test('follows a replica that takes the place of a lost master', async () => {
    const channels = await subscribeAll();
    const lost = cluster.nodes[2]!;
    await cluster.addReplica(lost);
    await lost.process.kill();
    await untilAll('degraded');
    await untilAll('up');
    await expectArrival(channels);
    expect(log.messages).toEqual(['bus up', 'bus degraded', 'bus up']);
  }, 60_000);
});
