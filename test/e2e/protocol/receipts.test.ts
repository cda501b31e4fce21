import { beforeEach, describe, expect, test } from '@jest/globals';

import type { Receipt } from '../../../proto/gen/parley/v1/chat.pb.ts';
import { HistoryServiceService, type ListReceiptsRequest } from '../../../proto/gen/parley/v1/history_service.pb.ts';
import { ENGINES } from '../../cluster/start-server.ts';
import { ack, numbered, read, toGroup, toUser } from './frames.ts';
import type { RawChat } from './raw-chat.ts';
import type { RawUser } from './raw-user.ts';
import { useStage } from './stage.ts';

/** Takes receipts until one says this, and gives all that were taken. */
async function receiptsUntil(chat: RawChat, last: Receipt): Promise<Receipt[]> {
  const all: Receipt[] = [];
  const isLast = (one: Receipt) =>
    one.userId === last.userId && one.deliveredSeq === last.deliveredSeq && one.readSeq === last.readSeq;
  while (!all.some(isLast)) all.push(...(await chat.next('receipts')).receipts);
  return all;
}

const byUser = (a: Receipt, b: Receipt) => Number(a.userId - b.userId);

describe.each(ENGINES)('receipts, on %s', (engine) => {
  const stage = useStage(engine);
  let ann: RawUser;
  let bob: RawUser;
  let annChat: RawChat;
  let bobChat: RawChat;

  beforeEach(async () => {
    [ann, bob] = await stage().users('ann', 'bob');
    [annChat, bobChat] = [await ann.connect(), await bob.connect()];
  });

  const listReceipts = async (user: RawUser, request: Partial<ListReceiptsRequest>) =>
    user.call(HistoryServiceService.listReceipts, {
      conversation: undefined,
      pageSize: 0,
      pageToken: '',
      ...request,
    });

  describe('of a direct conversation', () => {
    let conversationId: bigint;

    beforeEach(async () => {
      for (const text of numbered('m', 5)) ({ conversationId } = await annChat.say(toUser(bob.id), text));
      await bobChat.entries(5);
    });

    const at = (deliveredSeq: bigint, readSeq: bigint, user = bob) => ({
      conversationId,
      userId: user.id,
      deliveredSeq,
      readSeq,
    });

    test('the sender hears what was delivered and read, and so do the other devices of who did', async () => {
      const tablet = await (await bob.logIn('tablet')).connect();
      bobChat.send(ack({ conversationId, seq: 5n }));
      expect(await receiptsUntil(annChat, at(5n, 0n))).toEqual([at(5n, 0n)]);
      expect(await receiptsUntil(tablet, at(5n, 0n))).toEqual([at(5n, 0n)]);
      bobChat.send(read({ conversationId, seq: 3n }), read({ conversationId, seq: 2n }));
      expect(await receiptsUntil(annChat, at(5n, 3n))).toEqual([at(5n, 3n)]);
      expect(await receiptsUntil(tablet, at(5n, 3n))).toEqual([at(5n, 3n)]);
      // The device that said so itself is told nothing of it.
      await bobChat.settled();
      expect(bobChat.waiting).toEqual([]);
    });

    test('of many marks in a row come in few frames, the latest of each', async () => {
      const marked = (async () => {
        for (let seq = 1n; seq <= 5n; seq += 1n) {
          bobChat.send(read({ conversationId, seq }));
          // Writes the cursors at once: each mark is told of by itself.
          await bob.conversations();
        }
      })();
      const seqs: bigint[] = [];
      while (seqs.at(-1) !== 5n) {
        const { receipts } = await annChat.next('receipts');
        expect(receipts).toHaveLength(1);
        seqs.push(receipts[0]!.readSeq);
      }
      await marked;
      expect(seqs.length).toBeLessThan(5);
      expect(seqs).toEqual([...seqs].sort());
    });

    test('an answer says that what was before it is read', async () => {
      bobChat.send(ack({ conversationId, seq: 5n }));
      await bobChat.say(toUser(ann.id), 'answer');
      await receiptsUntil(annChat, at(6n, 6n));
      const conversation = { $case: 'conversationId', value: conversationId } as const;
      const { receipts } = await listReceipts(ann, { conversation });
      expect(receipts).toEqual([at(5n, 5n, ann), at(6n, 6n)].sort(byUser));
    });

    test('are listed for the two, by whichever name, page by page, and for nobody else', async () => {
      bobChat.send(ack({ conversationId, seq: 4n }), read({ conversationId, seq: 2n }));
      await bobChat.settled();
      const both = [at(5n, 5n, ann), at(4n, 2n)].sort(byUser);
      const byId = { $case: 'conversationId', value: conversationId } as const;
      for (const conversation of [byId, { $case: 'target', value: toUser(bob.id) } as const]) {
        expect((await listReceipts(ann, { conversation })).receipts).toEqual(both);
        const first = await listReceipts(ann, { conversation, pageSize: 1 });
        expect(first.receipts).toEqual(both.slice(0, 1));
        const second = await listReceipts(ann, { conversation, pageSize: 1, pageToken: first.nextPageToken });
        expect(second).toEqual({ receipts: both.slice(1), nextPageToken: '' });
      }
      const { nextPageToken } = await listReceipts(ann, { conversation: byId, pageSize: 1 });
      await expect(
        listReceipts(ann, { conversation: { $case: 'target', value: toUser(bob.id) }, pageToken: nextPageToken }),
      ).rejects.toMatchObject({ reason: 'INVALID_PAGE_TOKEN' });
      const carol = await stage().user('carol');
      for (const conversation of [byId, { $case: 'target', value: toUser(ann.id) } as const]) {
        await expect(listReceipts(carol, { conversation })).rejects.toMatchObject({ reason: 'CONVERSATION_NOT_FOUND' });
      }
      await expect(listReceipts(ann, {})).rejects.toMatchObject({ reason: 'INVALID_FIELD' });
    });
  });

  describe('of a group', () => {
    test('reach its members, and end with the membership', async () => {
      const carol = await stage().user('carol');
      const carolChat = await carol.connect();
      const group = await ann.createGroup('tea');
      const { conversationId } = group;
      await bob.join(group);
      await carol.join(group);
      const { seq } = await annChat.say(toGroup(group.id), 'hello');
      await bobChat.entries(Number(seq) - 1);
      bobChat.send(ack({ conversationId, seq }));
      // Bob's cursors begin before the entry by which he joined.
      const told = { conversationId, userId: bob.id, deliveredSeq: seq, readSeq: 1n };
      for (const chat of [annChat, carolChat]) {
        const all = await receiptsUntil(chat, told);
        expect(all.every((one) => one.conversationId === conversationId)).toBe(true);
      }

      await carol.leave(group);
      await carolChat.until('deliver');
      const { seq: later } = await annChat.say(toGroup(group.id), 'without carol');
      bobChat.send(ack({ conversationId, seq }), read({ conversationId, seq }));
      await receiptsUntil(annChat, { ...told, readSeq: seq });
      await bobChat.settled();
      bobChat.send(ack({ conversationId, seq: later }));
      await receiptsUntil(annChat, { ...told, deliveredSeq: later, readSeq: seq });
      // Whatever was on its way to Carol has come before this.
      await annChat.say(toUser(carol.id), 'direct');
      await carolChat.entries(1);
      const kept = carolChat.left().flatMap((frame) => (frame.$case === 'receipts' ? frame.value.receipts : []));
      for (const one of kept) expect(one.deliveredSeq).toBeLessThan(later);

      const conversation = { $case: 'target', value: toGroup(group.id) } as const;
      const { receipts } = await listReceipts(ann, { conversation });
      expect(receipts.map(({ userId }) => userId).sort()).toEqual([ann.id, bob.id].sort());
      await expect(listReceipts(carol, { conversation })).rejects.toMatchObject({ reason: 'CONVERSATION_NOT_FOUND' });
    });
  });
});
