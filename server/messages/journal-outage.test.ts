import { randomUUID } from 'node:crypto';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { Domain, openMemoryStore, reasonOf, toGroup, toUser, withTransactions } from '../../test/domain/domain.ts';
import { UserStream } from '../../test/domain/user-stream.ts';
import { withMethods } from '../../test/domain/with-methods.ts';
import type { UserRecord } from '../store/seam/records.ts';
import { StoreUnavailable } from '../store/seam/failures.ts';
import type { Store } from '../store/seam/store.ts';

let store: Store;
/** Whether the journal's transactions reach the database. */
let up: boolean;
let transactions: number;
let domain: Domain;
let ann: UserRecord;
let bob: UserRecord;
let stream: UserStream;

beforeEach(async () => {
  store = await openMemoryStore();
  await start({});
});

afterEach(async () => {
  await store[Symbol.asyncDispose]();
});

async function start(options: Pick<NonNullable<ConstructorParameters<typeof Domain>[1]>, 'policy' | 'limits'>) {
  up = false;
  transactions = 0;
  const flaky = withTransactions(store, (run) => {
    transactions += 1;
    return up ? run() : Promise.reject(new StoreUnavailable('down'));
  });
  domain = new Domain(store, { ...options, journalStore: flaky });
  [ann, bob] = [await domain.makeUser(), await domain.makeUser()];
  stream = new UserStream(domain, ann, toUser(bob));
}

test('everything that waits is refused at once, and may be sent again', async () => {
  await start({ limits: { maxBatchRows: 2 } });
  const outcomes = await Promise.all(Array.from({ length: 30 }, () => domain.sendOne(ann, toUser(bob))));
  expect(new Set(outcomes.map(reasonOf))).toEqual(new Set(['STORE_UNAVAILABLE']));
  expect(transactions).toBeLessThan(30 / 2);
  expect(domain.bus.published).toEqual([]);
  expect(domain.journal.depth).toBe(0);
});

test('a send is not tried again by the journal: the store has done that', async () => {
  expect(reasonOf(await domain.sendOne(ann, toUser(bob)))).toBe('STORE_UNAVAILABLE');
  expect(transactions).toBe(1);
});

describe('a stream’s order holds', () => {
  test('later sends fail until the failed one is sent again', async () => {
    const [first, second] = [randomUUID(), randomUUID()];
    await stream.send('first', first);
    await domain.journal.flush();
    up = true;
    await stream.send('second', second);
    await domain.journal.flush();
    expect(stream.results).toEqual(['STORE_UNAVAILABLE', 'EARLIER_SEND_FAILED']);
    await stream.send('first', first);
    await stream.send('second', second);
    await domain.journal.flush();
    expect(stream.results.slice(2)).toEqual([1, 2]);
    expect(stream.lane.failedId).toBeNull();
  });

  test('the id may come again in another case', async () => {
    const first = randomUUID();
    await stream.send('first', first.toUpperCase());
    await domain.journal.flush();
    up = true;
    await stream.send('first', first);
    await domain.journal.flush();
    expect(stream.results).toEqual(['STORE_UNAVAILABLE', 1]);
  });

  test('also where it fails before it is queued', async () => {
    const direct = () => (up ? store.log.direct(ann.id, bob.id) : Promise.reject(new StoreUnavailable('down')));
    domain = new Domain(withMethods(store, { log: withMethods(store.log, { direct }) }));
    stream = new UserStream(domain, ann, toUser(bob));
    const first = randomUUID();
    await stream.send('first', first.toUpperCase());
    up = true;
    await stream.send('second');
    await stream.send('first', first);
    await domain.journal.flush();
    expect(stream.results).toEqual(['STORE_UNAVAILABLE', 'EARLIER_SEND_FAILED', 1]);
  });

  test('a later send that is refused for good does not open the lane', async () => {
    const first = randomUUID();
    await stream.send('first', first);
    await domain.journal.flush();
    up = true;
    await stream.send('');
    await stream.send('third');
    await domain.journal.flush();
    expect(stream.results).toEqual(['STORE_UNAVAILABLE', 'INVALID_FIELD', 'EARLIER_SEND_FAILED']);
    expect(stream.lane.failedId).toBe(first);
  });

  test('another stream of the same user is not held up', async () => {
    await stream.send('first');
    await domain.journal.flush();
    up = true;
    const other = new UserStream(domain, ann, toUser(bob));
    await other.send('from the phone');
    await domain.journal.flush();
    expect(other.results).toEqual([1]);
  });
});

describe('a failed send that is refused for good when it comes again opens its lane', () => {
  test('by who may write', async () => {
    await start({ policy: 'friends' });
    const first = randomUUID();
    await stream.send('first', first);
    await domain.journal.flush();
    up = true;
    await stream.send('first', first);
    await stream.send('second');
    await domain.journal.flush();
    const refused = 'RECIPIENT_UNAVAILABLE';
    expect(stream.results).toEqual(['STORE_UNAVAILABLE', refused, refused]);
  });

  test('by what it is', async () => {
    const first = randomUUID();
    await stream.send('first', first);
    await domain.journal.flush();
    up = true;
    await stream.send('', first);
    await stream.send('second');
    await domain.journal.flush();
    expect(stream.results).toEqual(['STORE_UNAVAILABLE', 'INVALID_FIELD', 1]);
  });

  test('by where it goes', async () => {
    let known = false;
    const log = withMethods(store.log, {
      ofGroup: () => (known ? Promise.resolve(undefined) : Promise.reject(new StoreUnavailable('down'))),
    });
    domain = new Domain(withMethods(store, { log }));
    const toNowhere = new UserStream(domain, ann, toGroup({ id: 7 }));
    const first = randomUUID();
    await toNowhere.send('first', first);
    expect(toNowhere.lane.failedId).toBe(first);
    known = true;
    await toNowhere.send('first', first);
    expect(toNowhere.results).toEqual(['STORE_UNAVAILABLE', 'NOT_A_MEMBER']);
    expect(toNowhere.lane.failedId).toBeNull();
  });
});
