import { randomUUID } from 'node:crypto';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { Domain, openMemoryStore, reasonOf, toUser, withTransactions } from '../../test/domain/domain.ts';
import type { UserRecord } from '../store/records.ts';
import { DuplicateKey, OutcomeUnknown, type Store, StoreUnavailable, type Transaction } from '../store/store.ts';
import type { Lane, SendOutcome } from './send.ts';

let store: Store;

beforeEach(async () => {
  store = await openMemoryStore();
});

afterEach(async () => {
  await store[Symbol.asyncDispose]();
});

/** A stream of one user: sends in order, and the outcomes in the order in which they came. */
function streamOf(domain: Domain, user: UserRecord) {
  const outcomes: SendOutcome[] = [];
  const lane: Lane = { failedId: null };
  const send = (to: UserRecord, text: string, clientMessageId: string = randomUUID()) => {
    const outgoing = { clientMessageId, target: toUser(to), content: { text } };
    return domain.sender.send(user, outgoing, lane, (outcome) => outcomes.push(outcome));
  };
  return { outcomes, lane, send };
}

const seqsOf = (outcomes: readonly SendOutcome[]) =>
  outcomes.map((outcome) => (outcome.ok ? outcome.receipt.seq : outcome.error.reason));

describe('the journal', () => {
  test('gathers sends while the transaction before them commits', async () => {
    const sizes: number[] = [];
    const counted = withTransactions(store, (run) =>
      run(
        (tx) =>
          new Proxy(tx, {
            get: (target, name: keyof Transaction) => (name === 'append' ? counting(target) : bound(target, name)),
          }),
      ),
    );
    const counting =
      (tx: Transaction): Transaction['append'] =>
      (entries, changed) => {
        sizes.push(entries.length);
        return tx.append(entries, changed);
      };
    const domain = new Domain(store, { journalStore: counted });
    const [ann, bob] = [await domain.makeUser(), await domain.makeUser()];
    const stream = streamOf(domain, ann);
    await stream.send(bob, 'first');
    await domain.journal.flush();
    for (let n = 0; n < 50; n += 1) await stream.send(bob, `message ${n}`);
    await domain.journal.flush();
    expect(sizes.length).toBeLessThan(10);
    expect(seqsOf(stream.outcomes)).toEqual(Array.from({ length: 51 }, (_, index) => index + 1));
  });

  test('gives the result before it publishes', async () => {
    const domain = new Domain(store);
    const [ann, bob] = [await domain.makeUser(), await domain.makeUser()];
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

  test('stores one message for any number of concurrent repeats', async () => {
    const domain = new Domain(store, { limits: { maxBatchRows: 3 } });
    const [ann, bob] = [await domain.makeUser(), await domain.makeUser()];
    const id = randomUUID();
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => domain.sendOne(ann, toUser(bob), 'hi', id)));
    expect(new Set(outcomes.map((outcome) => JSON.stringify(outcome))).size).toBe(1);
    expect(domain.bus.entries(`user:${bob.id}`)).toHaveLength(1);
  });

  test('a bad send fails alone', async () => {
    const picky = withTransactions(store, (run) =>
      run((tx) =>
        intercept(tx, 'append', (entries) => {
          const bad = entries.some(
            ({ entry }) => entry.body.kind === 'content' && entry.body.content.text === 'poison',
          );
          return bad ? Promise.reject(new Error('data too strange')) : null;
        }),
      ),
    );
    const domain = new Domain(store, { journalStore: picky });
    const [ann, bob] = [await domain.makeUser(), await domain.makeUser()];
    const stream = streamOf(domain, ann);
    for (const text of ['a', 'b', 'poison', 'c', 'd', 'e']) await stream.send(bob, text);
    await domain.journal.flush();
    expect(seqsOf(stream.outcomes)).toEqual([1, 2, 'INTERNAL', 3, 4, 5]);
    expect(domain.journal.depth).toBe(0);
  });

  test('tries again after a duplicate key: another replica stored the same send meanwhile', async () => {
    let failures = 2;
    const racing = withTransactions(store, (run) => {
      failures -= 1;
      return failures >= 0 ? Promise.reject(new DuplicateKey('message_client_id')) : run();
    });
    const domain = new Domain(store, { journalStore: racing });
    const [ann, bob] = [await domain.makeUser(), await domain.makeUser()];
    expect((await domain.sendOne(ann, toUser(bob))).ok).toBe(true);
  });

  test('says so when a commit’s fate is not known', async () => {
    const lossy = withTransactions(store, () => Promise.reject(new OutcomeUnknown('lost')));
    const domain = new Domain(store, { journalStore: lossy });
    const [ann, bob] = [await domain.makeUser(), await domain.makeUser()];
    expect(reasonOf(await domain.sendOne(ann, toUser(bob)))).toBe('OUTCOME_UNKNOWN');
  });
});

describe('without the database', () => {
  test('everything that waits is refused at once, and may be sent again', async () => {
    let transactions = 0;
    const down = withTransactions(store, () => {
      transactions += 1;
      return Promise.reject(new StoreUnavailable('down'));
    });
    const domain = new Domain(store, { journalStore: down, limits: { maxBatchRows: 2 } });
    const [ann, bob] = [await domain.makeUser(), await domain.makeUser()];
    const outcomes = await Promise.all(Array.from({ length: 30 }, () => domain.sendOne(ann, toUser(bob))));
    expect(new Set(outcomes.map(reasonOf))).toEqual(new Set(['STORE_UNAVAILABLE']));
    expect(transactions).toBeLessThan(30 / 2);
    expect(domain.bus.published).toEqual([]);
  });

  test('a stream’s order holds: later sends fail until the failed one is sent again', async () => {
    let up = false;
    const flaky = withTransactions(store, (run) => (up ? run() : Promise.reject(new StoreUnavailable('down'))));
    const domain = new Domain(store, { journalStore: flaky });
    const [ann, bob] = [await domain.makeUser(), await domain.makeUser()];
    const stream = streamOf(domain, ann);
    const [first, second] = [randomUUID(), randomUUID()];
    await stream.send(bob, 'first', first);
    await domain.journal.flush();
    up = true;
    await stream.send(bob, 'second', second);
    await domain.journal.flush();
    expect(seqsOf(stream.outcomes)).toEqual(['STORE_UNAVAILABLE', 'EARLIER_SEND_FAILED']);
    await stream.send(bob, 'first', first);
    await stream.send(bob, 'second', second);
    await domain.journal.flush();
    expect(seqsOf(stream.outcomes.slice(2))).toEqual([1, 2]);
    expect(stream.lane.failedId).toBeNull();
  });

  test('a failed send that is refused for good when it comes again opens its lane', async () => {
    let up = false;
    const flaky = withTransactions(store, (run) => (up ? run() : Promise.reject(new StoreUnavailable('down'))));
    const domain = new Domain(store, { journalStore: flaky, policy: 'friends' });
    const [ann, bob] = [await domain.makeUser(), await domain.makeUser()];
    const stream = streamOf(domain, ann);
    const first = randomUUID();
    await stream.send(bob, 'first', first);
    await domain.journal.flush();
    up = true;
    await stream.send(bob, 'first', first);
    await stream.send(bob, 'second');
    await domain.journal.flush();
    const refused = 'RECIPIENT_UNAVAILABLE';
    expect(seqsOf(stream.outcomes)).toEqual(['STORE_UNAVAILABLE', refused, refused]);
  });
});

describe('a full journal', () => {
  test('makes a stream wait and refuses a call', async () => {
    const gate = Promise.withResolvers<void>();
    const slow = withTransactions(store, async (run) => {
      await gate.promise;
      return run();
    });
    const domain = new Domain(store, { journalStore: slow, limits: { capacity: 3 } });
    const [ann, bob] = [await domain.makeUser(), await domain.makeUser()];
    const stream = streamOf(domain, ann);
    for (const text of ['a', 'b', 'c']) await stream.send(bob, text);
    let queued = false;
    const fourth = stream.send(bob, 'd').then(() => (queued = true));
    const refused = await domain.sendOne(ann, toUser(bob));
    expect(reasonOf(refused)).toBe('OVERLOADED');
    expect(refused.ok ? undefined : refused.error.retryAfterMs).toBeGreaterThan(0);
    expect(queued).toBe(false);
    gate.resolve();
    await fourth;
    await domain.journal.flush();
    expect(seqsOf(stream.outcomes)).toEqual([1, 2, 3, 4]);
  });
});

describe('a conversation that another replica has locked', () => {
  test('is set aside: it keeps its order, and nobody else waits for it', async () => {
    const released = Promise.withResolvers<void>();
    const held = new Set<number>();
    const lastSeqs = new Map<number, number>();
    const headOf = (id: number) => ({ id, lastSeq: lastSeqs.get(id) ?? 0, lastOrdinal: 0, membersVersion: 1 });
    const tx: Pick<Transaction, 'lock' | 'findRepeats' | 'friendRows' | 'append'> = {
      lock: async (ids, mode) => {
        if (mode === 'skip') return ids.filter((id) => !held.has(id)).map(headOf);
        await released.promise;
        return ids.map(headOf);
      },
      findRepeats: async () => [],
      friendRows: async () => [],
      append: async (entries) => {
        for (const { entry } of entries) lastSeqs.set(entry.conversationId, entry.seq);
      },
    };
    const journalStore = new Proxy(store, {
      get: (target, name: keyof Store) =>
        name === 'transact'
          ? (work: (on: Transaction) => Promise<unknown>) => work(tx as Transaction)
          : bound(target, name),
    });
    const domain = new Domain(store, { journalStore });
    const [ann, bob, cyd] = [await domain.makeUser(), await domain.makeUser(), await domain.makeUser()];
    held.add((await store.log.ensureDirect(ann.id, bob.id)).id);
    const [toBob, toCyd] = [streamOf(domain, ann), streamOf(domain, ann)];

    await toBob.send(bob, 'b1');
    await toCyd.send(cyd, 'c1');
    await toBob.send(bob, 'b2');
    await domain.sendOne(ann, toUser(cyd), 'c2');
    await toBob.send(bob, 'b3');
    await domain.sendOne(ann, toUser(cyd), 'c3');
    expect(seqsOf(toCyd.outcomes)).toEqual([1]);
    expect(lastSeqs.get((await store.log.ensureDirect(ann.id, cyd.id)).id)).toBe(3);
    expect(toBob.outcomes).toEqual([]);
    expect(domain.journal.depth).toBe(3);

    held.clear();
    await toBob.send(bob, 'b4');
    await domain.sendOne(ann, toUser(cyd), 'c4');
    expect(toBob.outcomes).toEqual([]);
    released.resolve();
    await domain.journal.flush();
    expect(seqsOf(toBob.outcomes)).toEqual([1, 2, 3, 4]);
    const texts = domain.bus.entries(`user:${bob.id}`).map(({ body }) => body.kind === 'content' && body.content.text);
    expect(texts).toEqual(['b1', 'b2', 'b3', 'b4']);
    await toBob.send(bob, 'b5');
    await domain.journal.flush();
    expect(seqsOf(toBob.outcomes).at(-1)).toBe(5);
  });
});

function bound<T extends object>(target: T, name: keyof T): unknown {
  const value = target[name];
  return typeof value === 'function' ? (value.bind(target) as unknown) : value;
}

/** A transaction whose `append` is first shown to `look`; what it gives is given instead. */
function intercept(
  tx: Transaction,
  name: 'append',
  look: (entries: Parameters<Transaction['append']>[0]) => Promise<never> | null,
): Transaction {
  const append: Transaction['append'] = (entries, changed) => look(entries) ?? tx.append(entries, changed);
  return new Proxy(tx, { get: (target, key: keyof Transaction) => (key === name ? append : bound(target, key)) });
}
