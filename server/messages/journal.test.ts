import { randomUUID } from 'node:crypto';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { Domain, openMemoryStore, reasonOf, toUser, withTransactions } from '../../test/domain/domain.ts';
import { until } from '../../test/domain/until.ts';
import { UserStream } from '../../test/domain/user-stream.ts';
import { withLog } from '../../test/domain/with-methods.ts';
import type { NewEntry } from '../store/seam/entry.ts';
import { DuplicateKey, OutcomeUnknown } from '../store/seam/failures.ts';
import type { Store } from '../store/seam/store.ts';

let store: Store;

beforeEach(async () => {
  store = await openMemoryStore();
});

afterEach(async () => {
  await store[Symbol.asyncDispose]();
});

const people = async (domain: Domain) => [await domain.makeUser(), await domain.makeUser()] as const;

/** A store whose appends are first shown to `look`. */
const watched = (look: (entries: readonly NewEntry[]) => void): Store =>
  withTransactions(store, (run) =>
    run((tx) =>
      withLog(tx, {
        append: async (entries, changed) => {
          look(entries);
          await tx.log.append(entries, changed);
        },
      }),
    ),
  );

const textOf = ({ entry: { body } }: NewEntry) => (body.kind === 'content' ? body.content.text : '');

describe('the journal', () => {
  test('gathers what is sent while a transaction is under way into the next one', async () => {
    const batches: string[][] = [];
    const [entered, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const counted = watched((entries) => batches.push(entries.map(textOf)));
    let transactions = 0;
    const slow = withTransactions(counted, async (run) => {
      transactions += 1;
      entered.resolve();
      await gate.promise;
      return run();
    });
    const domain = new Domain(store, { journalStore: slow });
    const [ann, bob] = await people(domain);
    const stream = new UserStream(domain, ann, toUser(bob));
    await stream.send('first');
    await entered.promise;
    for (const text of ['a', 'b', 'c']) await stream.send(text);
    await new Promise<void>((resolve) => setImmediate(resolve));
    expect(transactions).toBe(1);
    gate.resolve();
    await domain.journal.flush();
    expect(batches).toEqual([['first'], ['a', 'b', 'c']]);
    expect(stream.results).toEqual([1, 2, 3, 4]);
  });

  test.each([
    ['rows', { maxBatchRows: 2 }, [2, 2, 1]],
    ['bytes', { maxBatchBytes: 2_500 }, [2, 2, 1]],
    ['bytes, one being larger than all of them', { maxBatchBytes: 1 }, [1, 1, 1, 1, 1]],
  ])('bounds a transaction in %s', async (_what, limits, sizes) => {
    const batches: number[] = [];
    const domain = new Domain(store, { journalStore: watched(({ length }) => batches.push(length)), limits });
    const [ann, bob] = await people(domain);
    await domain.sendOne(ann, toUser(bob));
    batches.length = 0;
    const stream = new UserStream(domain, ann, toUser(bob));
    await Promise.all(Array.from({ length: 5 }, () => stream.send('x'.repeat(1_000))));
    await domain.journal.flush();
    expect(batches).toEqual(sizes);
    expect(stream.results).toEqual([2, 3, 4, 5, 6]);
  });

  test('gives the result before it publishes, to both sides', async () => {
    const domain = new Domain(store);
    const [ann, bob] = await people(domain);
    const publishedAtResult: number[] = [];
    const outgoing = { clientMessageId: randomUUID(), target: toUser(bob), content: { text: 'hi' } };
    await domain.sender.send(ann, outgoing, { failedId: null }, () =>
      publishedAtResult.push(domain.bus.published.length),
    );
    await domain.journal.flush();
    expect(publishedAtResult).toEqual([0]);
    expect(domain.bus.entries(`user:${bob.id}`)).toHaveLength(1);
    expect(domain.bus.entries(`user:${ann.id}`)).toHaveLength(1);
  });

  test('publishes an entry as it is in the log, under the version of who may write', async () => {
    const domain = new Domain(store);
    const [ann, bob] = await people(domain);
    const { id } = await store.log.ensureDirect(ann.id, bob.id);
    await store.transact(async (tx) => {
      await tx.log.lock([id], 'wait');
      await tx.log.raiseMembersVersion(id);
    });
    await domain.sendOne(ann, toUser(bob), 'hi');
    const [head] = await store.log.heads([id]);
    const [entry] = await store.log.read(id, 0, { limit: 1, maxBytes: 1e6 });
    for (const { event } of domain.bus.published) {
      expect(event).toEqual({ type: 'entry', entry, membersVersion: head?.membersVersion });
    }
  });

  test('stores one message for any number of concurrent repeats', async () => {
    const domain = new Domain(store, { limits: { maxBatchRows: 3 } });
    const [ann, bob] = await people(domain);
    const id = randomUUID();
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => domain.sendOne(ann, toUser(bob), 'hi', id)));
    expect(outcomes[0]).toMatchObject({ ok: true, receipt: { seq: 1 } });
    for (const outcome of outcomes) expect(outcome).toEqual(outcomes[0]);
    expect(domain.bus.entries(`user:${bob.id}`)).toHaveLength(1);
  });

  test('a repeat sends the streams of both sides to the log: its first commit may have been told to nobody', async () => {
    const domain = new Domain(store);
    const [ann, bob] = await people(domain);
    const id = randomUUID();
    await domain.sendOne(ann, toUser(bob), 'hi', id);
    const told = () => domain.bus.published.filter(({ event }) => event.type === 'membership');
    expect(told()).toEqual([]);
    await domain.sendOne(ann, toUser(bob), 'hi', id);
    expect(told().map(({ channel }) => channel)).toEqual([`user:${ann.id}`, `user:${bob.id}`]);
    expect(domain.bus.entries(`user:${bob.id}`)).toHaveLength(1);
  });

  test('a bad send fails alone', async () => {
    const picky = watched((entries) => {
      if (entries.map(textOf).includes('poison')) throw new Error('data too strange');
    });
    const domain = new Domain(store, { journalStore: picky });
    const [ann, bob] = await people(domain);
    const stream = new UserStream(domain, ann, toUser(bob));
    await Promise.all(['a', 'b', 'poison', 'c', 'd', 'e'].map((text) => stream.send(text)));
    await domain.journal.flush();
    expect(stream.results).toEqual([1, 2, 'INTERNAL', 3, 4, 5]);
    expect(domain.journal.depth).toBe(0);
  });

  test('tries again after a duplicate key: another replica stored the same send meanwhile', async () => {
    let failures = 2;
    const racing = withTransactions(store, (run) => {
      failures -= 1;
      return failures >= 0 ? Promise.reject(new DuplicateKey('message_client_id')) : run();
    });
    const domain = new Domain(store, { journalStore: racing });
    const [ann, bob] = await people(domain);
    expect((await domain.sendOne(ann, toUser(bob))).ok).toBe(true);
  });

  test('gives up on a duplicate key that never becomes a repeat', async () => {
    let tries = 0;
    const broken = withTransactions(store, () => {
      tries += 1;
      return Promise.reject(new DuplicateKey('message_client_id'));
    });
    const domain = new Domain(store, { journalStore: broken });
    const [ann, bob] = await people(domain);
    expect(reasonOf(await domain.sendOne(ann, toUser(bob)))).toBe('INTERNAL');
    expect(tries).toBe(4);
    expect(domain.journal.depth).toBe(0);
  });

  test('says so when a commit’s fate is not known; sent again, it is never doubled', async () => {
    let lost = true;
    const lossy = withTransactions(store, async (run) => {
      const done = await run();
      if (lost) throw new OutcomeUnknown('the answer was lost');
      return done;
    });
    const domain = new Domain(store, { journalStore: lossy });
    const [ann, bob] = await people(domain);
    const id = randomUUID();
    const told = await domain.sendOne(ann, toUser(bob), 'hi', id);
    expect(reasonOf(told)).toBe('OUTCOME_UNKNOWN');
    lost = false;
    expect(await domain.sendOne(ann, toUser(bob), 'hi', id)).toMatchObject({ receipt: { seq: 1 } });
    expect(await domain.sendOne(ann, toUser(bob), 'next')).toMatchObject({ receipt: { seq: 2 } });
  });

  test('lets what can wait wait while a transaction is under way, but not for ever', async () => {
    const gate = Promise.withResolvers<void>();
    const slow = withTransactions(store, async (run) => {
      await gate.promise;
      return run();
    });
    const domain = new Domain(store, { journalStore: slow });
    const [ann, bob] = await people(domain);
    await domain.journal.lull(60_000);
    await new UserStream(domain, ann, toUser(bob)).send('first');

    const told: string[] = [];
    const patient = domain.journal.lull(60_000).then(() => told.push('over'));
    const impatient = domain.journal.lull(20).then(() => told.push('long enough'));
    domain.clock.advance(20);
    await impatient;
    expect(told).toEqual(['long enough']);
    gate.resolve();
    await patient;
    await domain.journal.lull(60_000);
  });

  test('flushing an idle one is done at once', async () => {
    await new Domain(store).journal.flush();
  });
});

describe('a full journal', () => {
  const held = () => {
    const gate = Promise.withResolvers<void>();
    const slow = withTransactions(store, async (run) => {
      await gate.promise;
      return run();
    });
    return { domain: new Domain(store, { journalStore: slow, limits: { capacity: 3 } }), gate };
  };

  test('makes streams wait and refuses a call, until there is room', async () => {
    const { domain, gate } = held();
    const [ann, bob] = await people(domain);
    const streams = Array.from({ length: 8 }, () => new UserStream(domain, ann, toUser(bob)));
    let queued = 0;
    const sends: Promise<unknown>[] = [];
    for (const stream of streams.slice(0, 3)) await stream.send('in');
    for (const stream of streams.slice(3)) sends.push(stream.send('waits').then(() => (queued += 1)));
    const refused = await domain.sendOne(ann, toUser(bob));
    expect(reasonOf(refused)).toBe('OVERLOADED');
    // Before anything is looked up: the database may be what is slow.
    expect(reasonOf(await domain.sendOne(ann, toUser({ id: 999 })))).toBe('OVERLOADED');
    expect(refused.ok ? undefined : refused.error.retryAfterMs).toBeGreaterThan(0);
    expect(queued).toBe(0);
    gate.resolve();
    await Promise.all(sends);
    await domain.journal.flush();
    expect(streams.flatMap(({ results }) => results).toSorted()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect((await domain.sendOne(ann, toUser(bob))).ok).toBe(true);
  });

  test('takes no more than it holds of streams that wait for room', async () => {
    const { domain, gate } = held();
    const [ann, bob] = await people(domain);
    const depths: number[] = [];
    const waiting = Array.from({ length: 20 }, () => {
      const outgoing = { clientMessageId: randomUUID(), target: toUser(bob), content: { text: 'hi' } };
      return domain.sender.send(ann, outgoing, { failedId: null }, () => depths.push(domain.journal.depth));
    });
    gate.resolve();
    await Promise.all(waiting);
    await domain.journal.flush();
    expect(depths).toHaveLength(20);
    expect(Math.max(...depths)).toBe(3);
  });

  test('takes no more than it holds of calls that come at once', async () => {
    const { domain, gate } = held();
    const [ann, bob] = await people(domain);
    const calls = Array.from({ length: 10 }, () => domain.sendOne(ann, toUser(bob)));
    await until(() => domain.journal.depth > 0);
    expect(domain.journal.depth).toBe(3);
    gate.resolve();
    const reasons = (await Promise.all(calls)).map(reasonOf);
    expect(reasons.filter((reason) => reason === 'OVERLOADED')).toHaveLength(7);
  });
});
