import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { systemClock } from '../../server/lib/clock.ts';
import { openStore } from '../../server/store/open-store.ts';
import { OutcomeUnknown } from '../../server/store/seam/failures.ts';
import type { Store } from '../../server/store/seam/store.ts';
import type { Transaction } from '../../server/store/seam/transaction.ts';
import { createDatabase } from '../setup/mariadb.ts';
import { LossyProxy } from './lossy-proxy.ts';
import { append, newEntry, text, World } from './world.ts';

class Refused extends Error {}

async function halfDone(tx: Transaction, conversationId: number, senderId: number): Promise<never> {
  await append(tx, conversationId, senderId, [text('not to be stored')]);
  throw new Refused('no');
}

/** What a client of MySQL can't tell: whether the statement was carried out whose answer was lost. */
describe('when the answer of MySQL is lost', () => {
  let proxy: LossyProxy;
  let store: Store;
  let world: World;

  async function open(): Promise<void> {
    const before = await LossyProxy.before(await createDatabase());
    proxy = before.proxy;
    store = await openStore({ url: before.url, migrate: true, clock: systemClock, poolSize: 2 });
    world = new World(store);
  }

  beforeAll(open);
  afterAll(async () => {
    await store[Symbol.asyncDispose]();
    await proxy[Symbol.asyncDispose]();
  });

  /** Work as the journal's: a repeat is answered, not stored again. Counts how often it ran. */
  function sending(conversationId: number, senderId: number) {
    const clientMessageId = randomUUID();
    const work = async (tx: Transaction) => {
      work.runs += 1;
      const [head] = await tx.log.lock([conversationId], 'wait');
      const [stored] = await tx.log.findRepeats([{ senderId, clientMessageId }]);
      if (stored) return stored.seq;
      const seq = head!.lastSeq + 1;
      const entry = {
        conversationId,
        senderId,
        seq,
        ordinal: head!.lastOrdinal + 1,
        body: text('hello'),
        clientMessageId,
      };
      await tx.log.append([newEntry(entry)]);
      return seq;
    };
    work.runs = 0;
    return work;
  }

  test('of a commit: the outcome is unknown, and the work is not run again', async () => {
    const { a, id } = await world.direct();
    const work = sending(id, a.id);
    proxy.loseAnswerTo('COMMIT');
    await expect(store.transact(work)).rejects.toThrow(OutcomeUnknown);
    expect(work.runs).toBe(1);
    expect(await world.visible(a.id, id)).toEqual([1]);
  });

  test('of a commit of repeatable work: it is run again and finds what it stored', async () => {
    const { a, id } = await world.direct();
    const work = sending(id, a.id);
    proxy.loseAnswerTo('COMMIT');
    expect(await store.transact(work, { repeatable: true })).toBe(1);
    expect(work.runs).toBe(2);
    expect(await world.visible(a.id, id)).toEqual([1]);
  });

  test('of a statement before the commit: the work is run again, and stored once', async () => {
    const { a, id } = await world.direct();
    const work = sending(id, a.id);
    proxy.loseAnswerTo('INSERT INTO message');
    expect(await store.transact(work)).toBe(1);
    expect(work.runs).toBe(2);
    expect(await world.visible(a.id, id)).toEqual([1]);
  });

  test('of a read: it is read again', async () => {
    const { a, id } = await world.direct();
    await world.say(id, a.id, text('1'));
    const lost = proxy.lost;
    proxy.loseAnswerTo('FROM message');
    expect(await world.visible(a.id, id)).toEqual([1]);
    expect(proxy.lost).toBe(lost + 1);
  });

  test('of a rollback: nothing of the transaction is stored', async () => {
    const { a, id } = await world.direct();
    const lost = proxy.lost;
    proxy.loseAnswerTo('ROLLBACK');
    await expect(store.transact((tx) => halfDone(tx, id, a.id))).rejects.toThrow(Refused);
    expect(proxy.lost).toBe(lost + 1);
    await Promise.all(Array.from({ length: 6 }, (_, n) => world.say(id, a.id, text(`${n}`))));
    expect(await world.visible(a.id, id)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('and where a rollback is refused, its connection is not used again: the next begin would commit', async () => {
    const { a, b, id } = await world.direct();
    proxy.refuse('ROLLBACK');
    await expect(store.transact((tx) => halfDone(tx, id, a.id))).rejects.toThrow(Refused);
    await Promise.all(Array.from({ length: 6 }, () => world.direct()));
    await world.say(id, b.id, text('first'));
    const entries = await store.log.read(id, 0, { limit: 10, maxBytes: 1_000 });
    expect(entries.map((entry) => entry.senderId)).toEqual([b.id]);
  });

  test('of first contact: the conversation is found', async () => {
    const [a, b] = await world.pair();
    const lost = proxy.lost;
    proxy.loseAnswerTo('COMMIT');
    const facts = await store.log.ensureDirect(a.id, b.id);
    expect(proxy.lost).toBe(lost + 1);
    expect(await store.log.direct(a.id, b.id)).toEqual(facts);
  });

  test('of a commit, and the server stays away: the outcome is still unknown when the budget is spent', async () => {
    const { a, id } = await world.direct();
    proxy.loseAnswerTo('COMMIT', 'refuse');
    await expect(store.transact(sending(id, a.id), { repeatable: true })).rejects.toThrow(OutcomeUnknown);
    await store[Symbol.asyncDispose]();
    await proxy[Symbol.asyncDispose]();
    await open();
  });
});
