import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { openMemoryStore } from '../../test/domain/domain.ts';
import { ManualClock } from '../../test/domain/manual-clock.ts';
import { until } from '../../test/domain/until.ts';
import { withMethods } from '../../test/domain/with-methods.ts';
import { text, World } from '../../test/store/world.ts';
import { StoreUnavailable } from '../store/seam/failures.ts';
import type { SearchStore } from '../store/seam/search.ts';
import type { Store } from '../store/seam/store.ts';
import { Events } from '../telemetry/events.ts';
import { createLog } from '../telemetry/log.ts';
import { Indexer } from './indexer.ts';

/** Events that keep what failed. */
class RecordedEvents extends Events {
  readonly failed: string[] = [];

  constructor() {
    super(createLog({ level: 'silent', format: 'json', replica: 'test' }));
  }

  override workFailed(work: string): void {
    this.failed.push(work);
  }
}

let store: Store;
let world: World;
let clock: ManualClock;
let events: RecordedEvents;

beforeEach(async () => {
  store = await openMemoryStore();
  world = new World(store);
  clock = new ManualClock();
  events = new RecordedEvents();
});
afterEach(async () => {
  await store[Symbol.asyncDispose]();
});

const start = (over: Store = store) => new Indexer({ store: over, clock, events });

/** The store, with its reads for the index in the hands of a test. */
const withSearch = (methods: Partial<SearchStore>) =>
  withMethods(store, { search: withMethods(store.search, methods) });

async function indexedSeq(conversationId: number): Promise<number> {
  const [progress] = await store.search.progress({ afterId: conversationId - 1, limit: 1 });
  return progress!.indexedSeq;
}

/** Lets time pass, a second at a time, until the conversation is indexed so far. */
async function untilIndexed(conversationId: number, seq: number): Promise<void> {
  await until(async () => {
    if (clock.timers > 0) clock.advance(1_000);
    return (await indexedSeq(conversationId)) === seq;
  });
}

const words = (count: number) => Array.from({ length: count }, (_, n) => text(`word${n}`));

describe('the indexer', () => {
  test('indexes what an earlier run has left, without waiting', async () => {
    const conversations = [await world.direct(), await world.direct(), await world.direct()];
    for (const { id, a } of conversations) await world.say(id, a.id, ...words(250));
    // Before any look back.
    const old = withSearch({
      behindSince: async (since) => ({ ...(await store.search.behindSince(since)), conversationIds: [] }),
    });
    await using _indexer = start(old);
    for (const { id } of conversations) await until(async () => (await indexedSeq(id)) === 250);
    expect(clock.monotonic()).toBe(0);
  });

  test('indexes what comes, within a second, however long', async () => {
    const { id, a } = await world.direct();
    await using _indexer = start();
    await until(() => clock.timers === 1);
    await world.say(id, a.id, ...words(1_234));
    clock.advance(1_000);
    await until(async () => (await indexedSeq(id)) === 1_234);
    expect(clock.monotonic()).toBe(1_000);
    await until(() => clock.timers === 1);
    await world.say(id, a.id, text('one more'));
    clock.advance(1_000);
    await until(async () => (await indexedSeq(id)) === 1_235);
  });

  test('goes on where the database was away', async () => {
    const { id, a } = await world.direct();
    let isAway = true;
    const outage = () => Promise.reject(new StoreUnavailable('away'));
    const away = withMethods(
      withSearch({
        behindSince: (since) => (isAway ? outage() : store.search.behindSince(since)),
        progress: (page) => (isAway ? outage() : store.search.progress(page)),
      }),
      { transact: (work, options) => (isAway ? outage() : store.transact(work, options)) },
    );
    await world.say(id, a.id, text('1'));
    await using _indexer = start(away);
    await until(() => clock.timers === 2);
    expect(new Set(events.failed)).toEqual(new Set(['indexing new messages', 'indexing old messages']));
    isAway = false;
    await untilIndexed(id, 1);
    await until(() => clock.timers === 1);
    // An outage that begins after a conversation was found behind: it is not forgotten.
    const failed = events.failed.length;
    const transact = store.transact.bind(store);
    store.transact = (work, options) => (isAway ? outage() : transact(work, options));
    await world.say(id, a.id, text('2'));
    isAway = true;
    clock.advance(1_000);
    await until(() => events.failed.length > failed && clock.timers === 1);
    isAway = false;
    await untilIndexed(id, 2);
  });

  test('a conversation that cannot be indexed holds up no other one', async () => {
    const [bad, good] = [await world.direct(), await world.direct()];
    await using _indexer = start(
      withMethods(store, {
        transact: (work, options) =>
          store.transact(async (tx) => {
            const search = withMethods(tx.search, {
              lock: (id, held) => (id === bad.id ? Promise.reject(new Error('bad')) : tx.search.lock(id, held)),
            });
            return work(withMethods(tx, { search }));
          }, options),
      }),
    );
    await world.say(bad.id, bad.a.id, text('1'));
    await world.say(good.id, good.a.id, text('1'));
    await untilIndexed(good.id, 1);
    await until(() => events.failed.includes(`indexing conversation ${bad.id}`));
    expect(await indexedSeq(bad.id)).toBe(0);
  });

  test('what another replica is at work on is looked at again until it is done', async () => {
    const { id, a } = await world.direct();
    await world.say(id, a.id, text('1'));
    let isHeld = true;
    let looks = 0;
    await using _indexer = start(
      withMethods(store, {
        transact: (work, options) =>
          store.transact(async (tx) => {
            const search = withMethods(tx.search, {
              lock: (conversationId, held) => {
                looks += 1;
                return isHeld ? Promise.resolve(undefined) : tx.search.lock(conversationId, held);
              },
            });
            return work(withMethods(tx, { search }));
          }, options),
      }),
    );
    await until(() => {
      if (clock.timers > 0) clock.advance(20_000);
      return looks > 6;
    });
    expect(await indexedSeq(id)).toBe(0);
    isHeld = false;
    await untilIndexed(id, 1);
    expect(events.failed).toEqual([]);
  });

  test('ends when it is told to, at once, and leaves no timer', async () => {
    const { id, a } = await world.direct();
    await world.say(id, a.id, ...words(2_000));
    const indexer = start();
    await until(async () => (await indexedSeq(id)) > 0);
    await indexer[Symbol.asyncDispose]();
    expect(clock.timers).toBe(0);
    const reached = await indexedSeq(id);
    expect(reached).toBeLessThan(2_000);
    await world.say(id, a.id, text('late'));
    expect(await indexedSeq(id)).toBe(reached);
    // The next one goes on from there.
    await using _next = start();
    await until(async () => (await indexedSeq(id)) === 2_001);
  });
});
