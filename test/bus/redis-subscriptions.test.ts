import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';

import type { Channel } from '../../server/bus/bus.ts';
import { freshChannels, Member } from './member.ts';
import { openRedisBus } from './open-redis-bus.ts';

const SOCKET = process.env['PARLEY_TEST_REDIS_SOCKET']!;

describe('the subscriptions of a bus at Redis', () => {
  let redis: Redis;
  let member: Member;
  let other: Member;

  beforeEach(async () => {
    redis = new Redis({ path: SOCKET });
    [member, other] = [await join(), await join()];
  });
  afterEach(async () => {
    await Promise.all([member[Symbol.asyncDispose](), other[Symbol.asyncDispose]()]);
    await redis.quit();
  });

  const join = async () => new Member(await openRedisBus(`unix://${SOCKET}`));
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

  async function subscribers(channels: readonly Channel[]): Promise<number[]> {
    const counts = await redis.pubsub('NUMSUB', ...channels.map((channel) => `parley:0:${channel}`));
    return counts.filter((_value, at) => at % 2 === 1).map(Number);
  }

  test('are there when a subscription returns, and gone when giving it up does', async () => {
    const channels = freshChannels(3);
    await member.bus.subscribe(channels);
    expect(await subscribers(channels)).toEqual([1, 1, 1]);
    await member.bus.unsubscribe(channels.slice(1));
    expect(await subscribers(channels)).toEqual([1, 0, 0]);
  });

  test('are given up where that was asked before Redis had confirmed them', async () => {
    const channels = freshChannels(1);
    const subscribed = member.bus.subscribe(channels);
    await turn();
    await Promise.all([subscribed, member.bus.unsubscribe(channels)]);
    expect(await subscribers(channels)).toEqual([0]);
  });

  test('end with the bus', async () => {
    const channels = freshChannels(1);
    await member.bus.subscribe(channels);
    await member[Symbol.asyncDispose]();
    expect(await subscribers(channels)).toEqual([0]);
  });

  test('what Redis sends before it knows that a channel was given up is not given to anybody', async () => {
    const [kept, gone] = freshChannels(2) as [Channel, Channel];
    await member.bus.subscribe([kept, gone]);
    for (let number = 1; number <= 20; number++) {
      other.publish(gone, number);
      other.publish(kept, number);
      // It is on its way then, and has not been read here.
      await turn();
      const givenUp = member.bus.unsubscribe([gone]);
      await member.until(() => member.numbers(kept).includes(number));
      await givenUp;
      expect(member.numbers(gone)).toEqual([]);
      await member.bus.subscribe([gone]);
    }
  });
});
