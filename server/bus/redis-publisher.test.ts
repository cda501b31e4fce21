import { expect, test } from '@jest/globals';
import type { Redis } from 'ioredis';

import { heldBytes } from '../../test/e2e/protocol/held-bytes.ts';
import { systemClock } from '../lib/clock.ts';
import { RedisPublisher } from './redis-publisher.ts';

test('what has been published leaves nothing behind', async () => {
  const pipeline = { publish: () => undefined, exec: async () => [] };
  const redis = { pipeline: () => pipeline } as unknown as Redis;
  const failed = (cause: unknown) => {
    throw cause;
  };
  const publisher = new RedisPublisher({ redis, clock: systemClock, sharded: false, failed, overflowed: failed });
  const publish = async (times: number) => {
    for (let time = 0; time < times; time += 1) {
      publisher.publish('channel', Buffer.alloc(0));
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    await publisher.settled();
  };
  await publish(2_000);
  const before = await heldBytes();
  await publish(40_000);
  expect((await heldBytes()) - before).toBeLessThan(1_000_000);
});
