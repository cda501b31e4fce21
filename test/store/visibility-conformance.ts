import { expect, test } from '@jest/globals';
import { text, type World, WIDE } from './world.ts';

/** Who may read what: periods of membership, standings and summaries. */
export function visibilityConformance(world: () => World): void {
  test('a direct conversation is for the two', async () => {
    const { log } = world().store;
    const { a, b, id } = await world().direct();
    await world().say(id, a.id, text('one'), text('two'));
    const read = { entries: [{ seq: 1 }, { seq: 2 }], open: true, known: true };
    expect(await log.readVisible(a.id, id, { afterSeq: 0 }, WIDE)).toMatchObject(read);
    expect(await log.readVisible(b.id, id, { afterSeq: 0 }, WIDE)).toMatchObject(read);
    const stranger = await world().user();
    const nothing = { entries: [], cut: false, open: false, known: false };
    expect(await log.readVisible(stranger.id, id, { afterSeq: 0 }, WIDE)).toEqual(nothing);
    expect(await log.readVisible(a.id, 2 ** 41, { afterSeq: 0 }, WIDE)).toEqual(nothing);
  });

  test('a group is for its members, each within their periods', async () => {
    const { log } = world().store;
    const [owner, member, stranger] = [...(await world().pair()), await world().user()];
    const group = await world().group(owner);
    const { conversationId } = group;
    await world().say(conversationId, owner.id, text('2: before'));
    await world().join(group, member); // 3
    await world().say(conversationId, owner.id, text('4: heard'));
    await world().leave(group, member); // 5
    await world().say(conversationId, owner.id, text('6: unheard'), text('7: unheard'));
    expect(await log.readVisible(member.id, conversationId, { afterSeq: 0 }, WIDE)).toMatchObject({
      entries: [{ seq: 3 }, { seq: 4 }, { seq: 5 }],
      open: false,
      known: true,
    });
    await world().join(group, member); // 8
    await world().say(conversationId, owner.id, text('9: heard'));
    expect(await world().visible(member.id, conversationId)).toEqual([3, 4, 5, 8, 9]);
    expect(await world().visible(owner.id, conversationId)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(await log.readVisible(stranger.id, conversationId, { afterSeq: 0 }, WIDE)).toEqual({
      entries: [],
      cut: false,
      open: false,
      known: false,
    });

    /** The seqs of a page, and whether a limit ended it. */
    const page = async (from: { afterSeq: number } | { beforeSeq: number }, limit: number, maxBytes = 10_000) => {
      const { entries, cut } = await log.readVisible(member.id, conversationId, from, { limit, maxBytes });
      return [entries.map((entry) => entry.seq), cut];
    };
    expect(await page({ afterSeq: 4 }, 2)).toEqual([[5, 8], true]);
    expect(await page({ afterSeq: 4 }, 3)).toEqual([[5, 8, 9], true]);
    expect(await page({ afterSeq: 4 }, 4)).toEqual([[5, 8, 9], false]);
    expect(await page({ beforeSeq: 9 }, 2)).toEqual([[5, 8], true]);
    expect(await page({ beforeSeq: 8 }, 2)).toEqual([[4, 5], true]);
    expect(await page({ beforeSeq: 5 }, 9)).toEqual([[3, 4], false]);
    expect(await page({ beforeSeq: 3 }, 2)).toEqual([[], false]);
    expect(await page({ afterSeq: 9 }, 2)).toEqual([[], false]);
    expect(await page({ afterSeq: 0 }, 10, 1)).toEqual([[3], true]);
    expect(await page({ beforeSeq: 100 }, 10, 1)).toEqual([[9], true]);
  });

  test('a removal holds for the very next entry', async () => {
    const [owner, member] = await world().pair();
    const group = await world().group(owner);
    const joined = await world().join(group, member);
    const left = await world().leave(group, member);
    for (let n = 0; n < 3; n++) await world().say(group.conversationId, owner.id, text(`${n}`));
    expect(await world().visible(member.id, group.conversationId)).toEqual([joined, left]);
    expect(await world().store.log.standing(member.id, group.conversationId)).toMatchObject({
      visibleTo: left,
      lastSeq: left + 3,
    });
  });

  test('a long absence costs nothing to read across', async () => {
    const [owner, member] = await world().pair();
    const group = await world().group(owner);
    await world().join(group, member);
    const left = await world().leave(group, member);
    const unheard = Array.from({ length: 2_000 }, () => text('unheard'));
    await world().say(group.conversationId, owner.id, ...unheard);
    const joined = await world().join(group, member);
    const { entries } = await world().store.log.readVisible(
      member.id,
      group.conversationId,
      { beforeSeq: joined + 1 },
      { limit: 2, maxBytes: 1_000 },
    );
    expect(entries.map((entry) => entry.seq)).toEqual([left, joined]);
  });

  test('standings name every conversation that one is or was part of', async () => {
    const { log, cursors } = world().store;
    const { a, b, id } = await world().direct();
    await world().say(id, b.id, text('1'), text('2'));
    await cursors.advance([{ userId: a.id, conversationId: id, deliveredSeq: 1 }]);
    const [present, past] = [await world().group(b), await world().group(b)];
    await world().join(present, a);
    await world().join(past, a);
    const left = await world().leave(past, a);
    const standings = await log.standings(a.id);
    expect(standings).toEqual([
      { facts: await log.facts(id), lastSeq: 2, membersVersion: 1, deliveredSeq: 1, visibleTo: null },
      expect.objectContaining({ facts: await log.ofGroup(present.groupId), deliveredSeq: 1, visibleTo: null }),
      expect.objectContaining({ facts: await log.ofGroup(past.groupId), deliveredSeq: 1, visibleTo: left }),
    ]);
    for (const standing of standings) expect(await log.standing(a.id, standing.facts.id)).toEqual(standing);
    const stranger = await world().user();
    expect(await log.standing(stranger.id, id)).toBeUndefined();
  });

  test('summaries show the last visible entry, what is unread, and where they end', async () => {
    const { log, cursors } = world().store;
    const { a, b, id } = await world().direct();
    await world().direct();
    await log.ensureDirect(a.id, (await world().user()).id);
    await world().say(id, b.id, text('1'), text('2'), text('3'));
    await cursors.advance([{ userId: a.id, conversationId: id, deliveredSeq: 3, readSeq: 1 }]);
    const [present, past] = [await world().group(b), await world().group(b)];
    await world().join(past, a);
    await world().say(past.conversationId, b.id, text('heard'));
    const left = await world().leave(past, a);
    await world().say(past.conversationId, b.id, text('unheard'));
    await world().join(present, a);
    await world().say(present.conversationId, b.id, text('new'), text('newer'));

    const all = await log.summaries(a.id, { limit: 10 });
    const byId = new Map(all.map((summary) => [summary.facts.id, summary]));
    expect(byId.size).toBe(3);
    expect(byId.get(id)).toMatchObject({
      title: b.name,
      peer: b,
      lastSeq: 3,
      lastOrdinal: 3,
      readOrdinal: 1,
      cursor: { deliveredSeq: 3, readSeq: 1 },
      lastEntry: { seq: 3, senderName: b.name, target: { kind: 'user', userId: a.id } },
      closed: false,
    });
    expect(byId.get(present.conversationId)).toMatchObject({
      title: 'the group',
      peer: null,
      lastSeq: 4,
      lastOrdinal: 2,
      readOrdinal: 0,
      closed: false,
    });
    const closed = byId.get(past.conversationId)!;
    expect(closed).toMatchObject({ lastSeq: left, lastOrdinal: 1, closed: true, lastActivity: 3_000 + left });
    expect(closed.lastEntry).toMatchObject({ seq: left, body: { change: 'left', userName: a.name } });

    const places = all.map((summary) => ({ lastActivity: summary.lastActivity, id: summary.facts.id }));
    expect(places).toEqual(places.toSorted((x, y) => y.lastActivity - x.lastActivity || y.id - x.id));
    const paged = [];
    for (let after: (typeof places)[number] | undefined; ; after = places[paged.length - 1]) {
      const page = await log.summaries(a.id, after ? { after, limit: 1 } : { limit: 1 });
      if (page.length === 0) break;
      paged.push(...page);
    }
    expect(paged).toEqual(all);
  });
}
