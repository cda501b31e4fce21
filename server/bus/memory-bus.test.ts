import { beforeEach, describe, expect, test } from '@jest/globals';

import type { BusEvent } from './bus.ts';
import { MemoryBus } from './memory-bus.ts';

describe('the bus of one replica', () => {
  let bus: MemoryBus;
  let received: number[];

  beforeEach(() => {
    bus = new MemoryBus();
    received = [];
    bus.onEvent((event) => received.push('userId' in event ? event.userId : 0));
  });

  const event = (userId: number): BusEvent => ({ type: 'membership', conversationId: 1, userId });
  /** Resolves after everything that was published. */
  const arrived = () => new Promise<void>((resolve) => setImmediate(resolve));

  test('carries what is published to a channel that was subscribed to, in order, once', async () => {
    await bus.subscribe(['user:1', 'group:1']);
    await bus.subscribe(['user:1']);
    bus.publish('user:1', event(1));
    bus.publish('group:1', event(2));
    bus.publish('user:1', event(3));
    bus.publish('user:2', event(4));
    bus.publish('group:2', event(5));
    await arrived();
    expect(received).toEqual([1, 2, 3]);
  });

  test('never within the publish itself', async () => {
    await bus.subscribe(['user:1']);
    bus.publish('user:1', event(1));
    expect(received).toEqual([]);
    await arrived();
    expect(received).toEqual([1]);
  });

  test('nothing after the channel was given up, or the bus disposed of', async () => {
    await bus.subscribe(['user:1', 'user:2', 'user:3']);
    await bus.unsubscribe(['user:1', 'user:9']);
    bus.publish('user:1', event(1));
    bus.publish('user:2', event(2));
    await arrived();
    await bus[Symbol.asyncDispose]();
    bus.publish('user:3', event(3));
    await arrived();
    expect(received).toEqual([2]);
  });
});
