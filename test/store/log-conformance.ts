import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import type { Entry } from '../../server/store/seam/entry.ts';
import { newEntry, text, type World, WIDE } from './world.ts';

const FAR = 2 ** 40;

/** Conversations and their entries. */
export function logConformance(world: () => World): void {
  test('first contact of many at once is one conversation with both cursors', async () => {
    const { log, cursors } = world().store;
    const [a, b] = await world().pair();
    const made = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        index % 2 === 0 ? log.ensureDirect(a.id, b.id) : log.ensureDirect(b.id, a.id),
      ),
    );
    const users = a.id < b.id ? [a.id, b.id] : [b.id, a.id];
    const expected = { id: made[0]!.id, kind: 'direct', users };
    for (const facts of made) expect(facts).toEqual(expected);
    expect(await log.direct(b.id, a.id)).toEqual(expected);
    expect(await log.facts(made[0]!.id)).toEqual(expected);
    for (const { id } of [a, b]) expect(await cursors.get(id, made[0]!.id)).toEqual({ deliveredSeq: 0, readSeq: 0 });
    expect(await log.audience(made[0]!.id, 5)).toMatchObject({
      periods: users.map((userId) => ({ userId, joinedSeq: 1, leftSeq: null })),
    });
  });

  test('what is not there is undefined or empty', async () => {
    const { log, cursors } = world().store;
    const [a, b] = await world().pair();
    expect(await log.direct(a.id, b.id)).toBeUndefined();
    expect(await log.facts(FAR)).toBeUndefined();
    expect(await log.ofGroup(FAR)).toBeUndefined();
    expect(await log.heads([FAR])).toEqual([]);
    expect(await log.heads([])).toEqual([]);
    expect(await log.read(FAR, 0, WIDE)).toEqual([]);
    expect(await log.standings(a.id)).toEqual([]);
    expect(await log.standing(a.id, FAR)).toBeUndefined();
    expect(await log.summaries(a.id, { limit: 5 })).toEqual([]);
    expect(await log.audience(FAR, 0)).toEqual({ membersVersion: 0, periods: [] });
    expect(await cursors.get(a.id, FAR)).toBeUndefined();
  });

  test('an entry comes back as it was appended, byte for byte', async () => {
    const { store } = world();
    const { a, b, id } = await world().direct();
    const words = '😀 漢字 \0 \u202e "quoted" \\ \' ; DROP TABLE user; -- ?\r\n\u{10ffff}';
    const data = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const content = { text: words, payload: { mediaType: 'application/x-😀', data } };
    const clientMessageId = randomUUID();
    const body = { kind: 'content', content } as const;
    const sent = newEntry({ conversationId: id, senderId: b.id, seq: 1, ordinal: 1, body, clientMessageId });
    await store.transact((tx) => tx.log.append([sent]));
    const [entry] = (await store.log.read(id, 0, WIDE)) as [Entry];
    expect(entry).toMatchObject({
      conversationId: id,
      seq: 1,
      ordinal: 1,
      target: { kind: 'user', userId: a.id },
      senderId: b.id,
      senderName: b.name,
      clientMessageId,
      createdAt: 3_001,
    });
    const stored = entry.body.kind === 'content' ? entry.body.content : undefined;
    expect(stored?.text).toBe(words);
    expect(stored?.payload?.mediaType).toBe('application/x-😀');
    expect(new Uint8Array(stored!.payload!.data)).toEqual(data);
  });

  test('empty texts and empty payloads are kept apart from none', async () => {
    const { a, id } = await world().direct();
    const empty = {
      kind: 'content',
      content: { text: '', payload: { mediaType: 'a/b', data: new Uint8Array() } },
    } as const;
    await world().say(id, a.id, empty, text(''));
    const bodies = (await world().store.log.read(id, 0, WIDE)).map((entry) => entry.body);
    expect(bodies[0]).toMatchObject({ content: { text: '', payload: { mediaType: 'a/b' } } });
    expect(bodies[1]).toEqual({ kind: 'content', content: { text: '' } });
  });

  test('a membership entry names its user as they are called now', async () => {
    const [owner, member] = await Promise.all([world().user('owner'), world().user('member')]);
    const group = await world().group(owner);
    await world().join(group, member);
    const entries = await world().store.log.read(group.conversationId, 1, WIDE);
    expect(entries[0]).toMatchObject({
      senderName: member.name,
      target: { kind: 'group', groupId: group.groupId },
      body: { kind: 'membership', change: 'joined', userId: member.id, userName: member.name, role: 'member' },
    });
  });

  test('seqs and ordinals beyond 2^32 keep every digit', async () => {
    const { store } = world();
    const { a, b, id } = await world().direct();
    const seq = Number.MAX_SAFE_INTEGER - 1;
    await store.transact((tx) =>
      tx.log.append([newEntry({ conversationId: id, senderId: a.id, seq, ordinal: seq - 2, body: text('far') })]),
    );
    expect((await store.log.heads([id]))[0]).toMatchObject({ lastSeq: seq, lastOrdinal: seq - 2 });
    expect((await store.log.read(id, seq - 1, WIDE)).map((entry) => entry.seq)).toEqual([seq]);
    await store.cursors.advance([{ userId: b.id, conversationId: id, deliveredSeq: seq, readSeq: seq - 5 }]);
    expect(await store.cursors.get(b.id, id)).toEqual({ deliveredSeq: seq, readSeq: seq - 5 });
    expect(await store.log.standing(b.id, id)).toMatchObject({ lastSeq: seq, deliveredSeq: seq });
  });

  test('reads end at their limit, and at the entry that reaches their bytes', async () => {
    const { log } = world().store;
    const { a, id } = await world().direct();
    await world().say(id, a.id, ...Array.from({ length: 10 }, (_, i) => text('é'.repeat(50) + i)));
    const seqs = async (afterSeq: number, limit: number, maxBytes: number) =>
      (await log.read(id, afterSeq, { limit, maxBytes })).map((entry) => entry.seq);
    expect(await seqs(0, 3, 10_000)).toEqual([1, 2, 3]);
    expect(await seqs(7, 30, 10_000)).toEqual([8, 9, 10]);
    // An entry has 101 bytes: the second reaches 202, so the third is the last below 203.
    expect(await seqs(0, 30, 202)).toEqual([1, 2]);
    expect(await seqs(0, 30, 203)).toEqual([1, 2, 3]);
    expect(await seqs(4, 30, 1)).toEqual([5]);
  });

  test('the heads of many conversations move at once', async () => {
    const { store } = world();
    const me = await world().user();
    const others = await world().users(250);
    const ids: number[] = [];
    for (const other of others) ids.push((await store.log.ensureDirect(me.id, other.id)).id);
    const before = await store.log.heads(ids);
    const changed = ids.filter((_, index) => index % 3 === 0);
    const entries = ids.flatMap((conversationId, index) =>
      Array.from({ length: 1 + (index % 2) }, (_, n) =>
        newEntry({ conversationId, senderId: me.id, seq: n + 1, ordinal: n + 1, body: text(`${index}`) }),
      ),
    );
    await store.transact(async (tx) => {
      expect(await tx.log.lock(ids, 'wait')).toHaveLength(250);
      await tx.log.append(entries, changed);
    });
    const versions = new Map(before.map((head) => [head.id, head.membersVersion]));
    for (const head of await store.log.heads(ids)) {
      const last = 1 + (ids.indexOf(head.id) % 2);
      const raised = changed.includes(head.id) ? 1 : 0;
      const membersVersion = versions.get(head.id)! + raised;
      expect(head).toEqual({ id: head.id, lastSeq: last, lastOrdinal: last, membersVersion });
    }
  });

  test('repeats are found among many keys, of their own sender only', async () => {
    const { store } = world();
    const { a, b, id } = await world().direct();
    const clientMessageId = randomUUID();
    const entry = newEntry({
      conversationId: id,
      senderId: a.id,
      seq: 1,
      ordinal: 1,
      body: text('x'),
      clientMessageId,
    });
    await store.transact((tx) => tx.log.append([entry]));
    const keys = Array.from({ length: 500 }, () => ({ senderId: a.id, clientMessageId: randomUUID() }));
    keys[432] = { senderId: a.id, clientMessageId };
    keys[77] = { senderId: b.id, clientMessageId };
    const found = await store.transact((tx) => tx.log.findRepeats(keys));
    expect(found).toMatchObject([
      { senderId: a.id, clientMessageId, conversationId: id, seq: 1, ordinal: 1, createdAt: 3_001 },
    ]);
    expect(new Uint8Array(found[0]!.requestHash)).toEqual(new Uint8Array(32).fill(5));
    expect(await store.transact((tx) => tx.log.findRepeats([]))).toEqual([]);

    const reuse = newEntry({
      conversationId: id,
      senderId: a.id,
      seq: 2,
      ordinal: 2,
      body: text('y'),
      clientMessageId,
    });
    await expect(store.transact((tx) => tx.log.append([reuse]))).rejects.toMatchObject({ key: 'message_client_id' });
    const sameSeq = newEntry({ conversationId: id, senderId: a.id, seq: 1, ordinal: 1, body: text('z') });
    await expect(store.transact((tx) => tx.log.append([sameSeq]))).rejects.toMatchObject({ key: 'PRIMARY' });
  });
}
