import { expect, test } from '@jest/globals';
import type { Content, EntryBody } from '../../server/store/seam/entry.ts';
import type { EntryKey } from '../../server/store/seam/log.ts';
import type { Transaction } from '../../server/store/seam/transaction.ts';
import { append, text, type World, WIDE } from './world.ts';

const RICH: Content = {
  text: 'hello @ann 😀',
  payload: { mediaType: 'a/b', data: Uint8Array.of(1, 2) },
  replyToSeq: 1,
  mentions: [{ userId: 7, start: 6, length: 4 }],
};

/** Edits, recalls and reactions. */
export function changeConformance(world: () => World): void {
  const bodies = async (conversationId: number): Promise<EntryBody[]> =>
    (await world().store.log.read(conversationId, 0, WIDE)).map(({ body }) => plain(body));

  /** Appends an edit and replaces what its message says. */
  const edit = (tx: Transaction, message: EntryKey, senderId: number, content: Content, revision: number) =>
    append(tx, message.conversationId, senderId, [{ kind: 'edit', targetSeq: message.seq, content, revision }]).then(
      (editSeq) => tx.log.replaceContent({ ...message, editSeq, content, revision, at: 9 }),
    );

  const recall = async (tx: Transaction, message: EntryKey, senderId: number) => {
    const seq = await append(tx, message.conversationId, senderId, [{ kind: 'recall', targetSeq: message.seq }]);
    await tx.log.eraseContent(message, seq, 9);
  };

  const react = async (tx: Transaction, message: EntryKey, userId: number, emoji: string) => {
    const body: EntryBody = { kind: 'reaction', targetSeq: message.seq, emoji, removed: false };
    const seq = await append(tx, message.conversationId, userId, [body]);
    await tx.log.setReaction(message, userId, emoji, seq);
    return seq;
  };

  test('an edit replaces everything that the message said, and erases what the edit before said', async () => {
    const { store } = world();
    const { a, id } = await world().direct();
    await world().say(id, a.id, text('untouched'), { kind: 'content', content: RICH });
    const message = { conversationId: id, seq: 2 };
    await store.transact((tx) => edit(tx, message, a.id, { text: 'second' }, 1));
    expect(await bodies(id)).toEqual([
      text('untouched'),
      { kind: 'content', content: { text: 'second' }, revision: 1 },
      { kind: 'edit', targetSeq: 2, content: { text: 'second' }, revision: 1 },
    ]);
    await store.transact((tx) => edit(tx, message, a.id, RICH, 2));
    expect(await bodies(id)).toEqual([
      text('untouched'),
      { kind: 'content', content: RICH, revision: 2 },
      { kind: 'edit', targetSeq: 2, content: null, revision: 1 },
      { kind: 'edit', targetSeq: 2, content: RICH, revision: 2 },
    ]);
    expect(await store.log.heads([id])).toMatchObject([{ lastSeq: 4, lastOrdinal: 2 }]);
  });

  test('an edit to an empty text with a payload is an edit all the same', async () => {
    const { store } = world();
    const { a, id } = await world().direct();
    await world().say(id, a.id, text('words'));
    const content = { text: '', payload: { mediaType: 'a/b', data: Uint8Array.of(3) } };
    await store.transact((tx) => edit(tx, { conversationId: id, seq: 1 }, a.id, content, 1));
    expect(await bodies(id)).toEqual([
      { kind: 'content', content, revision: 1 },
      { kind: 'edit', targetSeq: 1, content, revision: 1 },
    ]);
  });

  test('a recall leaves the place, its ordinal and its repeat, and nothing of what was said', async () => {
    const { store } = world();
    const { a, b, id } = await world().direct();
    await world().say(id, a.id, { kind: 'content', content: RICH }, text('untouched'));
    const clientMessageId = (await store.log.read(id, 0, WIDE))[0]!.clientMessageId!;
    const message = { conversationId: id, seq: 1 };
    await store.transact((tx) => edit(tx, message, a.id, { text: 'second' }, 1));
    await store.transact((tx) => react(tx, message, b.id, '😀'));
    await store.transact((tx) => react(tx, { conversationId: id, seq: 2 }, b.id, '👍'));
    await store.transact((tx) => recall(tx, message, a.id));
    expect(await bodies(id)).toEqual([
      { kind: 'recalled', recallSeq: 6 },
      text('untouched'),
      { kind: 'edit', targetSeq: 1, content: null, revision: 1 },
      { kind: 'reaction', targetSeq: 1, emoji: '😀', removed: false },
      { kind: 'reaction', targetSeq: 2, emoji: '👍', removed: false },
      { kind: 'recall', targetSeq: 1 },
    ]);
    expect((await store.log.read(id, 0, WIDE)).map(({ ordinal }) => ordinal)).toEqual([1, 2, 2, 2, 2, 2]);
    const reactions = await store.log.reactionsTo(a.id, [message, { conversationId: id, seq: 2 }]);
    expect(reactions).toEqual([{ conversationId: id, targetSeq: 2, emoji: '👍', count: 1, mine: false }]);
    expect(await store.transact((tx) => tx.log.findRepeats([{ senderId: a.id, clientMessageId }]))).toMatchObject([
      { conversationId: id, seq: 1, ordinal: 1, requestHash: Buffer.alloc(32, 5) },
    ]);
  });

  test('what is rolled back changed nothing', async () => {
    const { store } = world();
    const { a, id } = await world().direct();
    await world().say(id, a.id, text('kept'));
    const message = { conversationId: id, seq: 1 };
    const refused = store.transact(async (tx) => {
      await react(tx, message, a.id, '😀');
      await recall(tx, message, a.id);
      throw new Error('no');
    });
    await expect(refused).rejects.toThrow('no');
    expect(await bodies(id)).toEqual([text('kept')]);
    expect(await store.log.reactionsTo(a.id, [message])).toEqual([]);
  });

  test('what was changed last is what a summary shows, and unread stays as it was', async () => {
    const { store } = world();
    const { a, b, id } = await world().direct();
    await world().say(id, a.id, text('one'));
    await store.transact((tx) => recall(tx, { conversationId: id, seq: 1 }, a.id));
    const [summary] = await store.log.summaries(b.id, { limit: 1 });
    expect(summary).toMatchObject({
      lastSeq: 2,
      lastOrdinal: 1,
      lastEntry: { body: { kind: 'recall', targetSeq: 1 } },
    });
  });

  test('an entry is found by its seq, for whoever may read it', async () => {
    const { store } = world();
    const [owner, member, stranger] = await world().users(3);
    const group = await world().group(owner!);
    const { conversationId } = group;
    await world().say(conversationId, owner!.id, text('2: before'));
    await world().join(group, member!); // 3
    await world().leave(group, member!); // 4
    await world().say(conversationId, owner!.id, text('5: unheard'));
    await world().join(group, member!); // 6
    const visible = (userId: number, seq: number) =>
      store.transact((tx) => tx.log.visibleEntry(userId, conversationId, seq));
    const seqs = [0, 1, 2, 3, 4, 5, 6, 7];
    const seen = async (userId: number) => {
      const entries = [];
      for (const seq of seqs) entries.push((await visible(userId, seq))?.seq);
      return entries.filter((seq) => seq !== undefined);
    };
    expect(await seen(owner!.id)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await seen(member!.id)).toEqual([3, 4, 6]);
    expect(await seen(stranger!.id)).toEqual([]);
    expect(await visible(owner!.id, 2)).toMatchObject({ senderName: owner!.name, body: text('2: before') });
    expect(await store.transact((tx) => tx.log.visibleEntry(owner!.id, 2 ** 41, 1))).toBeUndefined();

    const entry = (seq: number) => store.transact((tx) => tx.log.entry(conversationId, seq));
    expect(await entry(5)).toMatchObject({ seq: 5, target: { kind: 'group', groupId: group.groupId } });
    expect(await entry(7)).toBeUndefined();
  });

  test('reactions are counted by message and emoji, in the order in which each came first', async () => {
    const { store } = world();
    const { a, b, id } = await world().direct();
    const other = await world().direct();
    await world().say(id, a.id, text('one'), text('two'), text('three'));
    await world().say(other.id, other.a.id, text('elsewhere'));
    const [first, second] = [1, 2].map((seq) => ({ conversationId: id, seq })) as [EntryKey, EntryKey];
    const elsewhere = { conversationId: other.id, seq: 1 };
    await store.transact((tx) => react(tx, second, b.id, '👍'));
    await store.transact((tx) => react(tx, first, b.id, '❤️'));
    const ownSeq = await store.transact((tx) => react(tx, first, a.id, '👍🏽'));
    await store.transact((tx) => react(tx, first, a.id, '❤️'));
    await store.transact((tx) => react(tx, first, b.id, '👍'));
    await store.transact((tx) => react(tx, elsewhere, other.b.id, '👍'));

    const third = { conversationId: id, seq: 3 };
    const counts = await store.log.reactionsTo(a.id, [third, first, elsewhere, second]);
    expect(counts.filter(({ conversationId }) => conversationId === id)).toEqual([
      { ...target(first), emoji: '❤️', count: 2, mine: true },
      { ...target(first), emoji: '👍🏽', count: 1, mine: true },
      { ...target(first), emoji: '👍', count: 1, mine: false },
      { ...target(second), emoji: '👍', count: 1, mine: false },
    ]);
    expect(counts).toContainEqual({ ...target(elsewhere), emoji: '👍', count: 1, mine: false });
    expect(await store.log.reactionsTo(a.id, [])).toEqual([]);

    const present = await store.transact((tx) => tx.log.emojiOn(first, a.id));
    expect(present).toEqual([
      { emoji: '❤️', ownSeq: ownSeq + 1 },
      { emoji: '👍🏽', ownSeq },
      { emoji: '👍', ownSeq: null },
    ]);
    expect(await store.transact((tx) => tx.log.emojiOn(third, a.id))).toEqual([]);

    await store.transact((tx) => tx.log.setReaction(first, a.id, '❤️', null));
    await store.transact((tx) => tx.log.setReaction(first, a.id, '👍🏽', null));
    await store.transact((tx) => tx.log.setReaction(first, a.id, '👍🏽', null));
    expect(await store.log.reactionsTo(a.id, [first])).toEqual([
      { ...target(first), emoji: '❤️', count: 1, mine: false },
      { ...target(first), emoji: '👍', count: 1, mine: false },
    ]);
  });
}

function target({ conversationId, seq }: EntryKey) {
  return { conversationId, targetSeq: seq };
}

/** With byte arrays as such: drivers give Buffers. */
function plain(body: EntryBody): EntryBody {
  if ((body.kind !== 'content' && body.kind !== 'edit') || !body.content?.payload) return body;
  const { payload } = body.content;
  return { ...body, content: { ...body.content, payload: { ...payload, data: new Uint8Array(payload.data) } } };
}
