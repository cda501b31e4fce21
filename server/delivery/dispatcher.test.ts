import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { openMemoryStore, silentEvents } from '../../test/domain/domain.ts';
import { ManualClock } from '../../test/domain/manual-clock.ts';
import { makeGroup, makeUser } from '../../test/delivery/world.ts';
import { until } from '../../test/domain/until.ts';
import { withMethods } from '../../test/domain/with-methods.ts';
import { append, text } from '../../test/store/world.ts';
import type { Bus, Channel } from '../bus/bus.ts';
import type { ConversationFacts, ConversationHead } from '../store/seam/records.ts';
import type { Store } from '../store/seam/store.ts';
import { Membership } from '../groups/membership.ts';
import { Events } from '../telemetry/events.ts';
import { createLog } from '../telemetry/log.ts';
import { Metrics } from '../telemetry/metrics.ts';
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
    const sends = { lull: async () => undefined };
    const parts = { log: store.log, tails: dispatcher, sends, outbox, signals, clock, events: silentEvents };
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

  describe('told by the log what happened lately', () => {
    let metrics: Metrics;

    beforeEach(() => {
      metrics = new Metrics();
      const events = new Events(createLog({ level: 'silent', format: 'json', replica: 'test' }), metrics);
      dispatcher = new Dispatcher({ log: store.log, bus, clock: new ManualClock(), events });
    });

    const gaps = async () => {
      const { text } = await metrics.exposition();
      return ['entry', 'conversation'].map((kind) => Number(new RegExp(`kind="${kind}"} (.*)`).exec(text)?.[1]));
    };

    test('takes streams into a first contact, once, and counts it', async () => {
      const [ann, bob] = [await makeUser(store), await makeUser(store)];
      const outbox = new Outbox({ maxBytes: 1e6, maxFrameBytes: 1e5 });
      const feed = await feedOf(ann.id, outbox);
      feed.begin(() => undefined);
      const { id } = await store.log.ensureDirect(ann.id, bob.id);
      await store.transact((tx) => append(tx, id, bob.id, [text('one')]));
      const activity = await store.log.activeSince(0);
      for (let times = 0; times < 3; times += 1) dispatcher.reconcile(activity);
      expect(await outbox.next()).toMatchObject({ type: 'deliver', entries: { length: 1 } });
      await until(() => feed.position(id) === 1);
      dispatcher.reconcile(activity);
      await settle();
      expect(await gaps()).toEqual([0, 1]);
      dispatcher.exit(feed);
    });

    test('detaches streams whose user is out, once they have what was said up to there', async () => {
      const [ann, bob] = [await makeUser(store), await makeUser(store)];
      const group = await makeGroup(store, ann);
      const parts = { store, bus, clock: new ManualClock(), events: silentEvents };
      const membership = new Membership(parts);
      await membership.join(bob, group.id);
      const outbox = new Outbox({ maxBytes: 1e6, maxFrameBytes: 1e5 });
      const feed = await feedOf(bob.id, outbox);
      const facts: ConversationFacts = { id: group.conversationId, kind: 'group', groupId: group.id };
      await dispatcher.attach(feed, [facts]);
      feed.place(facts.id, 2, 'live');
      feed.begin(() => undefined);
      await membership.leave(bob, group.id);
      dispatcher.reconcile(await store.log.activeSince(0));
      await until(() => dispatcher.seen(facts.id) === undefined);
      expect(feed.position(facts.id)).toBe(3);
      expect(bus.channels).toEqual(new Set([`user:${bob.id}`]));
      dispatcher.exit(feed);
    });

    test('reads nothing where everything is known', async () => {
      const ann = await makeUser(store);
      const group = await makeGroup(store, ann);
      const facts: ConversationFacts = { id: group.conversationId, kind: 'group', groupId: group.id };
      const feed = await feedOf(ann.id);
      await dispatcher.attach(feed, [facts]);
      feed.place(facts.id, 1, 'live');
      feed.begin(() => undefined);
      const activity = await store.log.activeSince(0);
      await store[Symbol.asyncDispose]();
      dispatcher.reconcile(activity);
      await settle();
      expect(await gaps()).toEqual([0, 0]);
      dispatcher.exit(feed);
      store = await openMemoryStore();
    });

    test('counts entries that the bus did not tell of, and no others', async () => {
      const ann = await makeUser(store);
      const group = await makeGroup(store, ann);
      const facts: ConversationFacts = { id: group.conversationId, kind: 'group', groupId: group.id };
      const clock = new ManualClock();
      const events = new Events(createLog({ level: 'silent', format: 'json', replica: 'test' }), metrics);
      dispatcher = new Dispatcher({ log: store.log, bus, clock, events });
      const feed = await feedOf(ann.id);
      await dispatcher.attach(feed, [facts]);
      await store.transact((tx) => append(tx, facts.id, ann.id, [text('two'), text('three'), text('four')]));
      const [two, three] = await store.log.read(facts.id, 1, { limit: 10, maxBytes: 1e6 });
      dispatcher.receive({ type: 'entry', entry: two!, membersVersion: 2 });
      await until(() => dispatcher.seen(facts.id) === 2);
      dispatcher.reconcile(await store.log.activeSince(0));
      dispatcher.receive({ type: 'entry', entry: three!, membersVersion: 2 });
      await until(() => {
        clock.advance(20);
        return dispatcher.seen(facts.id) === 4;
      });
      expect(await gaps()).toEqual([1, 0]);
      dispatcher.exit(feed);
    });

    test('forgets its tails where the log is another one', async () => {
      const feed = await feedOf((await makeUser(store)).id);
      const group = await makeGroup(store, await makeUser(store));
      const facts: ConversationFacts = { id: group.conversationId, kind: 'group', groupId: group.id };
      await dispatcher.attach(feed, [facts]);
      dispatcher.forgetLog();
      expect(dispatcher.seen(facts.id)).toBeUndefined();
      const another = await feedOf((await makeUser(store)).id);
      await dispatcher.attach(another, [facts]);
      dispatcher.exit(feed);
      expect(dispatcher.seen(facts.id)).toBe(1);
      dispatcher.exit(another);
    });
  });

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
