import { randomUUID } from 'node:crypto';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { Domain, openMemoryStore, toUser, withTransactions } from '../../test/domain/domain.ts';
import { until } from '../../test/domain/until.ts';
import { UserStream } from '../../test/domain/user-stream.ts';
import { withLog } from '../../test/domain/with-methods.ts';
import type { UserRecord } from '../store/seam/records.ts';
import { StoreUnavailable } from '../store/seam/failures.ts';
import type { Store } from '../store/seam/store.ts';

let store: Store;
let ann: UserRecord;
let bob: UserRecord;
let cyd: UserRecord;
/** The conversation of ann and bob. */
let conversationId: number;
/** What another replica has locked. */
let held: Set<number>;
/** Ends the wait of those that wait for a lock. */
let released: PromiseWithResolvers<void>;
let skips: number;
/** How many wait for a lock, now and at most. */
let waiting: { now: number; most: number };
let down: boolean;
let domain: Domain;
let toBob: UserStream;
let toCyd: UserStream;

beforeEach(() => start({}));

async function start(limits: { maxBatchRows?: number }) {
  store = await openMemoryStore();
  held = new Set();
  released = Promise.withResolvers();
  down = false;
  waiting = { now: 0, most: 0 };
  const contended = withTransactions(store, async (run) => {
    // A wait for a lock must not hold the one connection of SQLite: it comes before the transaction.
    let waits = false;
    const peek = await run((tx) =>
      withLog(tx, {
        lock: async (ids, mode) => {
          waits = mode === 'wait';
          if (waits) return [];
          skips += 1;
          if (down) throw new StoreUnavailable('down');
          return tx.log.lock(
            ids.filter((id) => !held.has(id)),
            mode,
          );
        },
        append: async (entries, changed) => {
          const poison = entries.some(
            ({ entry: { body } }) => body.kind === 'content' && body.content.text === 'poison',
          );
          if (poison) throw new Error('data too strange');
          await tx.log.append(entries, changed);
        },
      }),
    );
    if (!waits) return peek;
    waiting.now += 1;
    waiting.most = Math.max(waiting.most, waiting.now);
    await released.promise;
    waiting.now -= 1;
    return run();
  });
  domain = new Domain(store, { journalStore: contended, limits });
  [ann, bob, cyd] = [await domain.makeUser(), await domain.makeUser(), await domain.makeUser()];
  conversationId = (await store.log.ensureDirect(ann.id, bob.id)).id;
  // Known conversations are found at once, so that what is sent together comes into one batch.
  for (const user of [bob, cyd]) await domain.sendOne(ann, toUser(user), 'warm');
  skips = 0;
  [toBob, toCyd] = [new UserStream(domain, ann, toUser(bob)), new UserStream(domain, ann, toUser(cyd))];
}

afterEach(async () => {
  released.resolve();
  await domain.journal.flush();
  await store[Symbol.asyncDispose]();
});

async function textsTo(user: UserRecord): Promise<string[]> {
  const { id } = await store.log.ensureDirect(ann.id, user.id);
  const entries = await store.log.read(id, 0, { limit: 100, maxBytes: 1e6 });
  return entries.map(({ body }) => (body.kind === 'content' ? body.content.text : ''));
}

describe('a conversation that another replica has locked', () => {
  test('is set aside: it keeps its order, and nobody else waits for it', async () => {
    held.add(conversationId);
    await toBob.send('b1');
    await toCyd.send('c1');
    await toBob.send('b2');
    await until(() => toCyd.outcomes.length === 1);
    await toBob.send('b3');
    await toCyd.send('c2');
    await until(() => toCyd.outcomes.length === 2);
    expect(toCyd.results).toEqual([2, 3]);
    expect(toBob.outcomes).toEqual([]);
    expect(domain.journal.depth).toBe(3);

    held.clear();
    await toBob.send('b4');
    await domain.sendOne(ann, toUser(cyd));
    expect(toBob.outcomes).toEqual([]);
    released.resolve();
    await domain.journal.flush();
    expect(toBob.results).toEqual([2, 3, 4, 5]);
    expect(await textsTo(bob)).toEqual(['warm', 'b1', 'b2', 'b3', 'b4']);
  });

  test('waits beside three others, not more: each holds a connection', async () => {
    const streams: UserStream[] = [];
    while (streams.length < 7) {
      const user = await domain.makeUser();
      held.add((await store.log.ensureDirect(ann.id, user.id)).id);
      streams.push(new UserStream(domain, ann, toUser(user)));
    }
    await Promise.all(streams.map((stream) => stream.send('waits')));
    await until(() => waiting.now === 4);
    await domain.sendOne(ann, toUser(cyd));
    expect(waiting.now).toBe(4);
    released.resolve();
    await domain.journal.flush();
    expect(streams.flatMap(({ results }) => results)).toEqual(streams.map(() => 1));
    expect(waiting).toEqual({ now: 0, most: 4 });
  });

  test('is back among the others when nothing of it waits any more', async () => {
    held.add(conversationId);
    await toBob.send('b1');
    await domain.sendOne(ann, toUser(cyd));
    held.clear();
    released.resolve();
    await domain.journal.flush();
    const before = skips;
    await toBob.send('b2');
    await domain.journal.flush();
    expect(toBob.results).toEqual([2, 3]);
    expect(skips).toBe(before + 1);
  });

  test('keeps its order where a bad send halves the batch, and it comes free between the halves', async () => {
    held.add(conversationId);
    const told: unknown[] = [];
    const poison = { clientMessageId: randomUUID(), target: toUser(cyd), content: { text: 'poison' } };
    await Promise.all([
      toBob.send('b1'),
      domain.sender.send(ann, poison, { failedId: null }, (outcome) => {
        told.push(outcome.ok);
        held.clear();
      }),
      toBob.send('b2'),
      toCyd.send('c1'),
    ]);
    // b1 is set aside with the first half; the other one finds the conversation free.
    await until(() => toCyd.outcomes.length > 0);
    expect(told).toEqual([false]);
    expect(toBob.outcomes).toEqual([]);
    released.resolve();
    await domain.journal.flush();
    expect(toBob.results).toEqual([2, 3]);
    expect(await textsTo(bob)).toEqual(['warm', 'b1', 'b2']);
    expect(await textsTo(cyd)).toEqual(['warm', 'c1']);
  });

  test('keeps its order where the database goes away for the others while it waits', async () => {
    await store[Symbol.asyncDispose]();
    await start({ maxBatchRows: 1 });
    held.add(conversationId);
    await toBob.send('b1');
    await until(() => skips > 0);
    down = true;
    // One row a transaction: b2 is still in the queue when c1 fails.
    await Promise.all([toCyd.send('c1'), toBob.send('b2')]);
    await until(() => toCyd.outcomes.length > 0);
    expect(toCyd.results).toEqual(['STORE_UNAVAILABLE']);
    down = false;
    released.resolve();
    await domain.journal.flush();
    expect(toBob.results).toEqual([2, 3]);
    expect(await textsTo(bob)).toEqual(['warm', 'b1', 'b2']);
  });
});
