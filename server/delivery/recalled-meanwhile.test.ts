import { afterEach, beforeEach, expect, test } from '@jest/globals';

import { openMemoryStore, RecordingBus, silentEvents } from '../../test/domain/domain.ts';
import { ManualClock } from '../../test/domain/manual-clock.ts';
import { until } from '../../test/domain/until.ts';
import { withMethods } from '../../test/domain/with-methods.ts';
import { append, type Group, text, World } from '../../test/store/world.ts';
import { contentOf, type Entry } from '../store/seam/entry.ts';
import type { LogStore } from '../store/seam/log.ts';
import type { UserRecord } from '../store/seam/records.ts';
import type { Store } from '../store/seam/store.ts';
import { Dispatcher } from './dispatcher.ts';
import { Feed } from './feed.ts';
import { Outbox } from './outbox.ts';
import { StreamSignals } from './stream-signals.ts';

/** A feed reads so many entries at once: the tail lags exactly where a page ends. */
const PAGE = 200;
const LAST = 250;
const RECALLED = 230;
const SECRET = 'what was said';

let store: Store;
let ann: UserRecord;
let group: Group;
let audience: PromiseWithResolvers<void>;
let dispatcher: Dispatcher;
const clock = new ManualClock();

beforeEach(async () => {
  store = await openMemoryStore();
  const world = new World(store);
  ann = await world.user();
  group = await world.group(ann);
  await world.say(group.conversationId, ann.id, ...Array.from({ length: LAST - 1 }, () => text(SECRET)));
  audience = Promise.withResolvers<void>();
  const log: LogStore = withMethods(store.log, {
    /** As when the tail joined. */
    heads: async (ids) => (await store.log.heads(ids)).map((head) => ({ ...head, lastSeq: PAGE })),
    audience: async (...args) => {
      await audience.promise;
      return store.log.audience(...args);
    },
  });
  dispatcher = new Dispatcher({ log, bus: new RecordingBus(), clock, events: silentEvents });
});

afterEach(async () => {
  await store[Symbol.asyncDispose]();
});

/** A new stream of Ann's, which was given nothing yet. */
async function open(): Promise<{ feed: Feed; outbox: Outbox }> {
  const outbox = new Outbox({ maxBytes: 1e7, maxFrameBytes: 1e5 });
  const signals = new StreamSignals(ann.id, outbox, clock);
  const sends = { lull: async () => undefined };
  const parts = { log: store.log, tails: dispatcher, sends, outbox, signals, clock, events: silentEvents };
  const feed = new Feed(ann.id, parts);
  await dispatcher.enter(feed);
  await dispatcher.attach(feed, [{ id: group.conversationId, kind: 'group', groupId: group.groupId }]);
  return { feed, outbox };
}

async function entriesIn(outbox: Outbox, count: number): Promise<Entry[]> {
  const entries: Entry[] = [];
  while (entries.length < count) {
    const frame = await outbox.next();
    if (frame?.type === 'deliver') entries.push(...frame.entries);
  }
  return entries;
}

test('a stream that begins after a recall is never given what came by the bus before it', async () => {
  const { conversationId } = group;
  const earlier = await open();
  earlier.feed.place(conversationId, PAGE, 'live');
  // They have come, and wait for the audience.
  const published = await store.log.read(conversationId, PAGE, { limit: LAST, maxBytes: 1e9 });
  for (const entry of published) dispatcher.receive({ type: 'entry', entry, membersVersion: 1 });
  await store.transact(async (tx) => {
    const seq = await append(tx, conversationId, ann.id, [{ kind: 'recall', targetSeq: RECALLED }]);
    await tx.log.eraseContent({ conversationId, seq: RECALLED }, seq, 0);
  });

  const later = await open();
  let caughtUp = false;
  later.feed.place(conversationId, 0, 'behind');
  later.feed.begin(() => (caughtUp = true));
  await until(() => caughtUp);
  audience.resolve();

  const before = await entriesIn(earlier.outbox, LAST - PAGE);
  expect(contentOf(before.find(({ seq }) => seq === RECALLED)!.body)?.text).toBe(SECRET);
  const after = await entriesIn(later.outbox, LAST + 1);
  expect(after.map(({ seq }) => seq)).toEqual(Array.from({ length: LAST + 1 }, (_, index) => index + 1));
  expect(after[RECALLED - 1]!.body).toEqual({ kind: 'recalled', recallSeq: LAST + 1 });
  expect(later.outbox.empty).toBe(true);
});
