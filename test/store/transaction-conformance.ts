import { expect, test } from '@jest/globals';
import type { EngineTraits } from './store-conformance.ts';
import { append, newEntry, text, type World, WIDE } from './world.ts';

class Refused extends Error {}

/** What transactions promise. */
export function transactionConformance(world: () => World, traits: EngineTraits): void {
  test('no read sees an open transaction', async () => {
    const { store } = world();
    const { a, b, id } = await world().direct();
    const inserted = Promise.withResolvers<void>();
    const mayCommit = Promise.withResolvers<void>();
    const writing = store.transact(async (tx) => {
      await append(tx, id, a.id, [text('not yet')]);
      await tx.friends.set(a.id, b.id, 'accepted', 1);
      inserted.resolve();
      await mayCommit.promise;
    });
    await inserted.promise;
    const reading = Promise.all([
      store.log.read(id, 0, WIDE),
      store.log.readVisible(a.id, id, { afterSeq: 0 }, WIDE),
      store.log.heads([id]),
      store.log.summaries(a.id, { limit: 5 }),
      store.friends.list(a.id, { afterId: 0, limit: 5 }),
    ]);
    if (traits.readsWait) {
      mayCommit.resolve();
      await writing;
      expect((await reading)[0]).toHaveLength(1);
    } else {
      const [entries, visible, heads, summaries, friends] = await reading;
      expect(entries).toEqual([]);
      expect(visible.entries).toEqual([]);
      expect(heads).toMatchObject([{ lastSeq: 0 }]);
      expect(summaries).toEqual([]);
      expect(friends).toEqual([]);
      mayCommit.resolve();
      await writing;
    }
    expect(await store.log.read(id, 0, WIDE)).toHaveLength(1);
    expect(await store.friends.list(a.id, { afterId: 0, limit: 5 })).toHaveLength(1);
  });

  test('transactions on one conversation follow one another: seqs have no gap and no double', async () => {
    const { a, b, id } = await world().direct();
    const writers = Array.from({ length: 25 }, (_, n) => world().say(id, n % 2 === 0 ? a.id : b.id, text(`${n}`)));
    expect((await Promise.all(writers)).sort((x, y) => x - y)).toEqual(Array.from({ length: 25 }, (_, n) => n + 1));
    expect(await world().visible(a.id, id)).toEqual(Array.from({ length: 25 }, (_, n) => n + 1));
  });

  test('a rollback leaves nothing', async () => {
    const { store } = world();
    const { a, b, id } = await world().direct();
    const owner = await world().user();
    const refused = store.transact(async (tx) => {
      await append(tx, id, a.id, [text('gone')], true);
      await tx.friends.set(a.id, b.id, 'blocked', 1);
      await tx.log.raiseMembersVersion(id);
      const settings = {
        name: 'g',
        description: '',
        memberLimit: 2,
        joinPolicy: 'open',
        historyVisible: false,
      } as const;
      const origin = { ownerId: owner.id, createdAt: 1, requestId: null, requestHash: null };
      const { groupId } = await tx.groups.insert({ ...settings, ...origin });
      await tx.groups.openPeriod(groupId, owner.id, 1, 'owner');
      throw new Refused('no');
    });
    await expect(refused).rejects.toThrow(Refused);
    expect(await store.log.read(id, 0, WIDE)).toEqual([]);
    expect(await store.log.heads([id])).toEqual([{ id, lastSeq: 0, lastOrdinal: 0, membersVersion: 1 }]);
    expect(await store.groups.list(owner.id, { afterId: 0, limit: 5 })).toEqual([]);
    expect(await store.transact((tx) => tx.friends.between([[a.id, b.id]]))).toEqual([]);
    expect(await store.log.standings(owner.id)).toEqual([]);
  });

  test('a statement that failed cannot be overlooked: nothing of its transaction is committed', async () => {
    const { store } = world();
    const { a, id } = await world().direct();
    await world().say(id, a.id, text('1'));
    const entry = (seq: number) =>
      newEntry({ conversationId: id, senderId: a.id, seq, ordinal: seq, body: text(`${seq}`) });
    const overlooking = store.transact(async (tx) => {
      await tx.log.append([entry(2)]);
      await tx.log.append([entry(1)]).catch(() => undefined);
      await tx.log.append([entry(3)]).catch(() => undefined);
    });
    await expect(overlooking).rejects.toMatchObject({ name: 'DuplicateKey', key: 'PRIMARY' });
    expect(await world().visible(a.id, id)).toEqual([1]);
  });

  test('a transaction that is over refuses further statements', async () => {
    const { store } = world();
    const { a, id } = await world().direct();
    let leaked: (() => Promise<unknown>) | undefined;
    await store.transact(async (tx) => {
      leaked = () => append(tx, id, a.id, [text('late')]);
    });
    await expect(leaked!()).rejects.toThrow('the transaction is over');
    expect(await world().visible(a.id, id)).toEqual([]);
  });

  test('members_version rises once for each change', async () => {
    const { store } = world();
    const { a, id } = await world().direct();
    await store.transact(async (tx) => {
      await tx.log.lock([id], 'wait');
      await tx.log.raiseMembersVersion(id);
    });
    await store.transact((tx) => append(tx, id, a.id, [text('1'), text('2')], true));
    await world().say(id, a.id, text('3'));
    expect(await store.log.heads([id])).toEqual([{ id, lastSeq: 3, lastOrdinal: 3, membersVersion: 3 }]);
  });

  test("last activity is the database's clock", async () => {
    const { store } = world();
    const { a, id } = await world().direct();
    const before = Date.now();
    await world().say(id, a.id, text('now'));
    const [summary] = await store.log.summaries(a.id, { limit: 1 });
    expect(summary!.lastActivity).toBeGreaterThanOrEqual(before - 1);
    expect(summary!.lastActivity).toBeLessThanOrEqual(Date.now() + 1);
  });

  test('values and concurrent work come back as they were given', async () => {
    const { store } = world();
    const values = await Promise.all(Array.from({ length: 30 }, (_, n) => store.transact(() => Promise.resolve(n))));
    expect(values).toEqual(Array.from({ length: 30 }, (_, n) => n));
    await store.ping();
    expect(await store.logEpoch()).toMatch(/^[0-9a-f]{32}$/);
    expect(await store.logEpoch()).toBe(await store.logEpoch());
  });
}
