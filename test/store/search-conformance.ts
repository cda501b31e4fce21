import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { DuplicateKey } from '../../server/store/seam/failures.ts';
import type { CandidateQuery, SearchPlace } from '../../server/store/seam/search.ts';
import type { EngineTraits } from './store-conformance.ts';
import { append, text, type World, WIDE } from './world.ts';

/** The search index: progress, grams, and who is given what by them. */
export function searchConformance(world: () => World, traits: EngineTraits): void {
  /** Indexes entries, each with these grams, whatever they say. */
  function index(conversationId: number, seqs: readonly number[], grams: readonly number[]): Promise<void> {
    return world().store.transact(async (tx) => {
      await tx.search.lock(conversationId, 'wait');
      await tx.search.replaceGrams(
        conversationId,
        // As `say` gives the time.
        seqs.map((seq) => ({ seq, createdAt: 3_000 + seq, grams })),
      );
    });
  }

  const indexAll = (conversationId: number, lastSeq: number, grams: readonly number[]) =>
    index(
      conversationId,
      Array.from({ length: lastSeq }, (_, at) => at + 1),
      grams,
    );

  async function found(userId: number, grams: readonly number[], query: Partial<CandidateQuery> = {}) {
    const { entries } = await world().store.search.candidates(userId, { grams, limit: 1_000, ...query });
    return entries.map(({ conversationId, seq }) => [conversationId, seq]);
  }

  test('progress begins at 0, stays where it was set, and tells who is behind', async () => {
    const { search } = world().store;
    const { databaseNow } = await search.behindSince(null);
    const [first, second] = [await world().direct(), await world().direct()];
    await world().say(first.id, first.a.id, text('1'), text('2'));
    await world().say(second.id, second.a.id, text('1'));
    const mine = async () => {
      const page = await search.progress({ afterId: first.id - 1, limit: 2 });
      return page.map(({ lastSeq, indexedSeq }) => [lastSeq, indexedSeq]);
    };
    const behind = async (since: number) => (await search.behindSince(since)).conversationIds;
    expect(await mine()).toEqual([
      [2, 0],
      [1, 0],
    ]);
    expect(await behind(databaseNow)).toEqual(expect.arrayContaining([first.id, second.id]));

    const advance = (to: number) =>
      world().store.transact(async (tx) => {
        const indexedSeq = await tx.search.lock(first.id, 'skip');
        await tx.search.setProgress(first.id, to);
        return indexedSeq;
      });
    expect(await advance(1)).toBe(0);
    expect(await behind(databaseNow)).toContain(first.id);
    expect(await advance(2)).toBe(1);
    expect(await mine()).toEqual([
      [2, 2],
      [1, 0],
    ]);
    expect(await behind(databaseNow)).toEqual(expect.arrayContaining([second.id]));
    expect(await behind(databaseNow)).not.toContain(first.id);
    expect((await search.behindSince(null)).conversationIds).toEqual([]);
    expect(await behind(databaseNow + 3_600_000)).toEqual([]);
  });

  test('entries are given in order, as many as asked for, with what they say now', async () => {
    const { a, id } = await world().direct();
    await world().say(id, a.id, text('one'), text('two'), text('three'));
    await world().say(id, a.id, { kind: 'edit', targetSeq: 1, revision: 1, content: { text: 'uno' } });
    await world().say(id, a.id, { kind: 'recall', targetSeq: 2 });
    await world().store.transact(async (tx) => {
      await tx.log.lock([id], 'wait');
      const edit = { conversationId: id, seq: 1, editSeq: 4, content: { text: 'uno' }, revision: 1, at: 0 };
      await tx.log.replaceContent(edit);
      await tx.log.eraseContent({ conversationId: id, seq: 2 }, 5, 0);
    });
    const entries = [
      { seq: 1, text: 'uno', editedSeq: null },
      { seq: 2, text: null, editedSeq: null },
      { seq: 3, text: 'three', editedSeq: null },
      { seq: 4, text: null, editedSeq: 1 },
      { seq: 5, text: null, editedSeq: null },
    ].map((entry) => ({ ...entry, createdAt: 3_000 + entry.seq }));
    await world().store.transact(async ({ search }) => {
      await search.lock(id, 'wait');
      expect(await search.entriesAfter(id, 0, 100)).toEqual(entries);
      expect(await search.entriesAfter(id, 1, 2)).toEqual(entries.slice(1, 3));
      expect(await search.entriesAfter(id, 5, 100)).toEqual([]);
      expect(await search.entries(id, [4, 1, 4, 99])).toEqual([entries[0], entries[3]]);
      expect(await search.entries(id, [])).toEqual([]);
      expect(await search.entriesAfter(2 ** 41, 0, 100)).toEqual([]);
    });
  });

  test('candidates have all of the grams, whichever is the rarest, and the largest fits', async () => {
    const { a, b, id } = await world().direct();
    await world().say(id, a.id, text('1'), text('2'), text('3'));
    const [large, other] = [2 ** 53 - 1, 2 ** 42 + 5];
    await index(id, [1], [large, other, 7]);
    await index(id, [2], [other, 7]);
    await index(id, [3], [7]);
    expect(await found(b.id, [7, other, large])).toEqual([[id, 1]]);
    expect(await found(b.id, [large, other])).toEqual([[id, 1]]);
    expect(await found(b.id, [7, other])).toEqual([
      [id, 2],
      [id, 1],
    ]);
    expect(await found(b.id, [7])).toHaveLength(3);
    expect(await found(b.id, [7, 8])).toEqual([]);
    expect(await found(b.id, [])).toEqual([]);
    await index(id, [1, 3], [8]);
    await index(id, [2], []);
    expect(await found(b.id, [7])).toEqual([]);
    expect(await found(b.id, [8])).toEqual([
      [id, 3],
      [id, 1],
    ]);
  });

  test('candidates are whole entries, and messages only', async () => {
    const [owner, member] = await world().pair();
    const group = await world().group(owner);
    await world().join(group, member);
    await world().say(group.conversationId, member.id, text('hello'));
    await indexAll(group.conversationId, 3, [1]);
    const { entries } = await world().store.log.readVisible(owner.id, group.conversationId, { afterSeq: 2 }, WIDE);
    expect(entries).toHaveLength(1);
    const { search } = world().store;
    expect(await search.candidates(owner.id, { grams: [1], limit: 9 })).toEqual({ entries, next: null });
    // What is left of another kind is passed over, and the place it had is not.
    const next = { createdAt: 3_002, conversationId: group.conversationId, seq: 2 };
    expect(await search.candidates(owner.id, { grams: [1], limit: 2 })).toEqual({ entries, next });
  });

  test('pages in the order of time, conversation and seq lose and double nothing while more is written', async () => {
    const me = await world().user();
    const ids: number[] = [];
    for (let n = 0; n < 3; n += 1) {
      const { id } = await world().store.log.ensureDirect(me.id, (await world().user()).id);
      // Entries of the same seq have the same time.
      await world().say(id, me.id, text('1'), text('2'), text('3'), text('4'));
      await indexAll(id, 4, [5]);
      ids.push(id);
    }
    const expected = [4, 3, 2, 1].flatMap((seq) => ids.toReversed().map((id) => [id, seq]));
    expect(await found(me.id, [5])).toEqual(expected);
    for (const limit of [1, 2, 5]) {
      const paged: number[][] = [];
      for (let after: SearchPlace | undefined; ;) {
        const page = await world().store.search.candidates(me.id, { grams: [5], limit, ...(after && { after }) });
        paged.push(...page.entries.map(({ conversationId, seq }) => [conversationId, seq]));
        if (page.next === null) break;
        after = page.next;
        const newer = await world().say(ids[0]!, me.id, text('newer'));
        await index(ids[0]!, [newer], [5]);
      }
      // What was written meanwhile is later than every place.
      expect(paged.filter(([, seq]) => seq! <= 4)).toEqual(expected);
    }
    expect(await found(me.id, [5], { conversationId: ids[1]! })).toEqual([4, 3, 2, 1].map((seq) => [ids[1], seq]));
    expect(await found(me.id, [5], { conversationId: 2 ** 41 })).toEqual([]);
  });

  test('a user is given exactly the messages that their history shows', async () => {
    const step = fc.constantFrom('say', 'say', 'come', 'go', 'show', 'hide');
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
        const [owner, member] = await world().pair();
        const group = await world().group(owner);
        const { groupId, conversationId } = group;
        let isMember = false;
        let lastSeq = 1;
        for (const what of steps) {
          if (what === 'say') lastSeq = await world().say(conversationId, owner.id, text('x'));
          else if (what === 'come' && !isMember) lastSeq = await world().join(group, member);
          else if (what === 'go' && isMember) lastSeq = await world().leave(group, member);
          else if (what === 'show' || what === 'hide') {
            await world().store.transact(async (tx) => {
              await tx.log.lock([conversationId], 'wait');
              await tx.groups.update(groupId, { historyVisible: what === 'show' });
            });
          }
          if (what === 'come' || what === 'go') isMember = what === 'come';
        }
        await indexAll(conversationId, lastSeq, [1]);
        const limits = { ...WIDE, includeEarlier: true };
        for (const user of [owner, member]) {
          const { entries } = await world().store.log.readVisible(user.id, conversationId, { afterSeq: 0 }, limits);
          const messages = entries.filter(({ body }) => body.kind === 'content');
          const shown = messages.map(({ seq }) => [conversationId, seq]).toReversed();
          expect(await found(user.id, [1], { conversationId })).toEqual(shown);
          expect(await found(user.id, [1])).toEqual(shown);
        }
      }),
      { numRuns: 15 },
    );
  });

  test('what is recalled, or edited away, is in the index no more', async () => {
    const { a, b, id } = await world().direct();
    await world().say(id, a.id, text('1'), text('2'), { kind: 'recall', targetSeq: 1 });
    await indexAll(id, 2, [1]);
    await world().store.transact(async (tx) => {
      await tx.log.lock([id], 'wait');
      await tx.log.eraseContent({ conversationId: id, seq: 1 }, 3, 0);
    });
    expect(await found(b.id, [1])).toEqual([[id, 2]]);
    await world().say(id, a.id, { kind: 'edit', targetSeq: 2, revision: 1, content: { text: 'new' } });
    await world().store.transact(async (tx) => {
      await tx.log.lock([id], 'wait');
      const edit = { conversationId: id, seq: 2, editSeq: 4, content: { text: 'new' }, revision: 1, at: 0 };
      await tx.log.replaceContent(edit);
    });
    expect(await found(b.id, [1])).toEqual([]);
  });

  // Where transactions are serial nobody else can hold a lock.
  if (traits.serial) return;

  test('progress that is locked elsewhere is left alone or waited for; made twice at once, it is there once', async () => {
    const { store } = world();
    const { id } = await world().direct();
    const lock = (held: 'skip' | 'wait') => store.transact((tx) => tx.search.lock(id, held));
    /** Whether it saw the row, or ran into it, is a matter of time. */
    const lockMade = () =>
      lock('wait').catch((error: unknown) => {
        if (!(error instanceof DuplicateKey)) throw error;
        return lock('wait');
      });
    const made = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const making = store.transact(async (tx) => {
      await tx.search.lock(id, 'wait');
      made.resolve();
      await release.promise;
      await tx.search.setProgress(id, 3);
    });
    await made.promise;
    const second = lockMade();
    release.resolve();
    await making;
    expect(await second).toBe(3);
    expect(await lock('skip')).toBe(3);

    const locked = Promise.withResolvers<void>();
    const releaseLock = Promise.withResolvers<void>();
    const holding = store.transact(async (tx) => {
      await tx.search.lock(id, 'skip');
      locked.resolve();
      await releaseLock.promise;
      await tx.search.setProgress(id, 4);
    });
    await locked.promise;
    expect(await lock('skip')).toBeUndefined();
    const waiting = lock('wait');
    releaseLock.resolve();
    await holding;
    expect(await waiting).toBe(4);
  });

  test('indexing does not wait for a message that is just being written', async () => {
    const { store } = world();
    const { a, id } = await world().direct();
    await world().say(id, a.id, text('1'));
    const written = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const writing = store.transact(async (tx) => {
      await append(tx, id, a.id, [text('2')]);
      written.resolve();
      await release.promise;
    });
    await written.promise;
    const entries = await store.transact(async ({ search }) => {
      await search.lock(id, 'wait');
      return search.entriesAfter(id, 0, 100);
    });
    expect(entries.map(({ seq }) => seq)).toEqual([1]);
    release.resolve();
    await writing;
  });
}
