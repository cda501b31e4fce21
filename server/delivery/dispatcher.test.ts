import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { openMemoryStore, silentEvents } from '../../test/domain/domain.ts';
import { ManualClock } from '../../test/domain/manual-clock.ts';
import { makeGroup, makeUser } from '../../test/delivery/world.ts';
import { withMethods } from '../../test/domain/with-methods.ts';
import { append, text } from '../../test/store/world.ts';
import type { Bus, Channel } from '../bus/bus.ts';
import type { ConversationFacts, ConversationHead } from '../store/seam/records.ts';
import type { Store } from '../store/seam/store.ts';
import { Dispatcher } from './dispatcher.ts';
import { Feed } from './feed.ts';
import { Outbox } from './outbox.ts';
import { StreamSignals } from './stream-signals.ts';

const GROUP: ConversationFacts = { id: 1, kind: 'group', groupId: 7 };

/** A bus that knows who is subscribed. */
class Subscriptions implements Bus {
  readonly state = 'up';
  readonly channels = new Set<Channel>();

  async subscribe(channels: readonly Channel[]): Promise<void> {
    for (const channel of channels) this.channels.add(channel);
  }

  async unsubscribe(channels: readonly Channel[]): Promise<void> {
    for (const channel of channels) this.channels.delete(channel);
  }

  publish(): void {}

  onEvent(): void {}

  onState(): void {}

  async [Symbol.asyncDispose](): Promise<void> {}
}

describe('the dispatcher', () => {
  let store: Store;
  let bus: Subscriptions;
  let dispatcher: Dispatcher;
  /** The answers to reads of heads, in the hands of the test. */
  let heads: PromiseWithResolvers<ConversationHead[]>[];

  beforeEach(async () => {
    store = await openMemoryStore();
    bus = new Subscriptions();
    heads = [];
    const log = withMethods(store.log, {
      heads: () => {
        const answer = Promise.withResolvers<ConversationHead[]>();
        heads.push(answer);
        return answer.promise;
      },
    });
    dispatcher = new Dispatcher({ log, bus, clock: new ManualClock(), events: silentEvents });
  });

  afterEach(async () => {
    await store[Symbol.asyncDispose]();
  });

  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

  async function feedOf(userId: number, outbox = new Outbox({ maxBytes: 1e6, maxFrameBytes: 1e5 })): Promise<Feed> {
    const clock = new ManualClock();
    const signals = new StreamSignals(userId, outbox, clock);
    const parts = { log: store.log, tails: dispatcher, outbox, signals, clock, events: silentEvents };
    const feed = new Feed(userId, parts);
    await dispatcher.enter(feed);
    return feed;
  }

  test('subscribes to a group with its first feed, and gives the channel up with its last', async () => {
    const [ann, bob] = [await feedOf(1), await feedOf(2)];
    const attached = [dispatcher.attach(ann, [GROUP]), dispatcher.attach(bob, [GROUP])];
    await settle();
    heads[0]?.resolve([{ id: 1, lastSeq: 5, lastOrdinal: 5, membersVersion: 1 }]);
    await Promise.all(attached);
    expect(heads).toHaveLength(1);
    expect(dispatcher.seen(1)).toBe(5);
    dispatcher.exit(ann);
    expect([...bus.channels].sort()).toEqual(['group:7', 'user:2']);
    dispatcher.exit(bob);
    expect(bus.channels).toEqual(new Set());
    expect(dispatcher.seen(1)).toBeUndefined();
  });

  test('a tail that fails after it was forgotten takes nothing from the one in its place', async () => {
    const [ann, bob] = [await feedOf(1), await feedOf(2)];
    const failing = dispatcher.attach(ann, [GROUP]);
    await settle();
    dispatcher.exit(ann);
    const attached = dispatcher.attach(bob, [GROUP]);
    await settle();
    heads[1]?.resolve([{ id: 1, lastSeq: 5, lastOrdinal: 5, membersVersion: 1 }]);
    await attached;
    heads[0]?.reject(new Error('too late'));
    await expect(failing).rejects.toThrow('too late');
    expect(bus.channels).toContain('group:7');
    expect(dispatcher.seen(1)).toBe(5);
  });

  test.each(['direct', 'group'] as const)(
    'a stream is told all of a %s conversation that began after it, however far its user has acknowledged it',
    async (kind) => {
      const [ann, bob] = [await makeUser(store), await makeUser(store)];
      const outbox = new Outbox({ maxBytes: 1e6, maxFrameBytes: 1e5 });
      const feed = await feedOf(ann.id, outbox);
      feed.begin(() => undefined);
      const id =
        kind === 'group'
          ? (await makeGroup(store, ann)).conversationId
          : (await store.log.ensureDirect(ann.id, bob.id)).id;
      await store.transact((tx) => append(tx, id, ann.id, [text('one'), text('two')]));
      const [head] = await store.log.heads([id]);
      await store.cursors.advance([{ userId: ann.id, conversationId: id, deliveredSeq: head!.lastSeq }]);
      dispatcher.receive({ type: 'membership', conversationId: id, userId: ann.id });
      while (heads.length === 0) await settle();
      heads[0]?.resolve([head!]);
      const frame = await outbox.next();
      expect(frame).toMatchObject({ type: 'deliver', entries: { length: head!.lastSeq } });
      dispatcher.exit(feed);
    },
  );

  test('a tail that can not be read is made anew by the next feed', async () => {
    const ann = await feedOf(1);
    const failing = dispatcher.attach(ann, [GROUP]);
    await settle();
    heads[0]?.reject(new Error('no database'));
    await expect(failing).rejects.toThrow('no database');
    expect(bus.channels).not.toContain('group:7');
    const attached = dispatcher.attach(ann, [GROUP]);
    await settle();
    heads[1]?.resolve([{ id: 1, lastSeq: 5, lastOrdinal: 5, membersVersion: 1 }]);
    await attached;
    expect(dispatcher.seen(1)).toBe(5);
  });
});
