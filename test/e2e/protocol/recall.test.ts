import { status } from '@grpc/grpc-js';
import { beforeEach, describe, expect, test } from '@jest/globals';

import type { SendReceipt } from '../../../proto/gen/parley/v1/chat.pb.ts';
import { ChatServiceService } from '../../../proto/gen/parley/v1/chat_service.pb.ts';
import { type Group, GroupRole } from '../../../proto/gen/parley/v1/group.pb.ts';
import { GroupServiceService } from '../../../proto/gen/parley/v1/group_service.pb.ts';
import type { Message } from '../../../proto/gen/parley/v1/message.pb.ts';
import { ENGINES } from '../../cluster/start-server.ts';
import { type ResponseFrame, textMessage, textOf, toGroup, toUser } from './frames.ts';
import type { RawUser } from './raw-user.ts';
import { useStage } from './stage.ts';

const SECRET = 'what was said';
const NOT_FOUND = { code: status.NOT_FOUND, reason: 'MESSAGE_NOT_FOUND' };

const recall = async (user: RawUser, { conversationId, seq }: { conversationId: bigint; seq: bigint }) =>
  (await user.call(ChatServiceService.recallMessage, { conversationId, seq })).receipt!;

/** Entries as a device without cursors is given them from the beginning. */
async function fromTheStart(user: RawUser, conversationId: bigint): Promise<Message[]> {
  const { chat, logEpoch } = await user.resume();
  await chat.finish();
  const { waited } = await user.resume({ logEpoch, positions: [{ conversationId, seq: 0n }] });
  return waited.flatMap(entriesOf);
}

const entriesOf = (frame: ResponseFrame) => (frame.$case === 'deliver' ? frame.value.messages : []);

describe.each(ENGINES)('RecallMessage, on %s', (engine) => {
  const stage = useStage(engine);
  let ann: RawUser;
  let bob: RawUser;
  let carol: RawUser;

  beforeEach(async () => {
    [ann, bob, carol] = await stage().users('ann', 'bob', 'carol');
  });

  describe('between two', () => {
    let said: SendReceipt;

    beforeEach(async () => {
      said = await ann.post(textMessage(toUser(bob.id), SECRET));
    });

    test('erases what was said for whoever asks from the answer on: both, by every way', async () => {
      await ann.post(textMessage(toUser(bob.id), 'next'));
      const receipt = await recall(ann, said);
      expect(receipt).toMatchObject({ conversationId: said.conversationId, seq: 3n, ordinal: 2n });
      for (const user of [ann, bob]) {
        const entries = await user.history(said.conversationId);
        expect(entries.map(textOf)).toEqual(['recalled', 'next', 'recall']);
        expect(entries[0]).toMatchObject({ seq: 1n, ordinal: 1n, body: { value: { recallSeq: 3n } } });
        expect(entries[2]).toMatchObject({ senderId: ann.id, ordinal: 2n, body: { value: { targetSeq: 1n } } });
        expect((await fromTheStart(user, said.conversationId)).map(textOf)).toEqual(['recalled', 'next', 'recall']);
      }
    });

    test('is told to those who are there, by an entry', async () => {
      const [bobChat, annChat] = [await bob.connect(), await ann.connect()];
      const receipt = await recall(ann, said);
      for (const chat of [bobChat, annChat]) {
        expect(await chat.entries(1)).toMatchObject([
          { seq: receipt.seq, senderId: ann.id, body: { $case: 'recall', value: { targetSeq: said.seq } } },
        ]);
      }
    });

    test('does not count as unread, and takes nothing from what is', async () => {
      await ann.post(textMessage(toUser(bob.id), 'next'));
      expect(await bob.conversations()).toMatchObject([{ unreadCount: 2n, lastSeq: 2n, lastOrdinal: 2n }]);
      await recall(ann, said);
      const [conversation] = await bob.conversations();
      expect(conversation).toMatchObject({ unreadCount: 2n, lastSeq: 3n, lastOrdinal: 2n });
      expect(textOf(conversation!.lastMessage!)).toBe('recall');
    });

    test('repeated, gives the first receipt, and is not told again', async () => {
      const bobChat = await bob.connect();
      const first = await recall(ann, said);
      expect(await recall(ann, said)).toEqual(first);
      await ann.post(textMessage(toUser(bob.id), 'next'));
      expect((await bobChat.entries(2)).map(textOf)).toEqual(['recall', 'next']);
    });

    test('of a message whose send is repeated: the first receipt, and still nothing of it', async () => {
      const message = textMessage(toUser(bob.id), SECRET);
      const [annChat, bobChat, otherDevice] = [
        await ann.connect(),
        await bob.connect(),
        await (await ann.logIn()).connect(),
      ];
      const first = await annChat.post(message);
      const receipt = first?.$case === 'receipt' ? first.value : undefined;
      for (const chat of [bobChat, otherDevice]) expect((await chat.entries(1)).map(textOf)).toEqual([SECRET]);
      await recall(ann, receipt!);
      expect(await annChat.post(message)).toEqual(first);
      expect(await ann.post(message)).toEqual(receipt);
      await ann.post(textMessage(toUser(bob.id), 'next'));
      for (const chat of [bobChat, otherDevice]) {
        expect((await chat.entries(2)).map(textOf)).toEqual(['recall', 'next']);
      }
    });

    test('is for its author alone; strangers can’t tell what there is', async () => {
      await expect(recall(bob, said)).rejects.toMatchObject({
        code: status.PERMISSION_DENIED,
        reason: 'ROLE_INSUFFICIENT',
      });
      for (const [user, conversationId, seq] of [
        [carol, said.conversationId, said.seq],
        [carol, 9_007_199_254_740_991n, 1n],
        [ann, said.conversationId, 2n],
        [ann, said.conversationId, 0n],
      ] as const) {
        await expect(recall(user, { conversationId, seq })).rejects.toMatchObject(NOT_FOUND);
      }
      expect((await bob.history(said.conversationId)).map(textOf)).toEqual([SECRET]);
    });

    test.each([
      [{ conversationId: 0n, seq: 1n }, 'conversation_id'],
      [{ conversationId: 2n ** 53n, seq: 1n }, 'conversation_id'],
      [{ conversationId: 1n, seq: -1n }, 'seq'],
    ])('with %o is refused', async (key, field) => {
      await expect(recall(ann, key)).rejects.toMatchObject({ reason: 'INVALID_FIELD', fields: [field] });
    });
  });

  describe('in a group', () => {
    let group: Group;
    let said: SendReceipt;

    beforeEach(async () => {
      group = await ann.createGroup('tea');
      await bob.join(group);
      await carol.join(group);
      said = await bob.post(textMessage(toGroup(group.id), SECRET));
    });

    test('is the author’s and the owner’s, and no other member’s', async () => {
      await expect(recall(carol, said)).rejects.toMatchObject({ reason: 'ROLE_INSUFFICIENT' });
      const carolChat = await carol.connect();
      const receipt = await recall(ann, said);
      expect(await carolChat.entries(1)).toMatchObject([
        { senderId: ann.id, body: { value: { targetSeq: said.seq } } },
      ]);
      expect(await recall(bob, said)).toEqual(receipt);
      expect((await carol.history(said.conversationId)).map(textOf)).not.toContain(SECRET);
    });

    test('is an admin’s', async () => {
      const request = { groupId: group.id, userId: carol.id, role: GroupRole.GROUP_ROLE_ADMIN };
      await ann.call(GroupServiceService.setMemberRole, request);
      const receipt = await recall(carol, said);
      expect(receipt.seq).toBe(said.seq + 2n);
    });

    test('is not for those who have left, nor for strangers', async () => {
      await bob.leave(group);
      await expect(recall(bob, said)).rejects.toMatchObject({
        code: status.PERMISSION_DENIED,
        reason: 'NOT_A_MEMBER',
      });
      const afterwards = await ann.post(textMessage(toGroup(group.id), 'unheard'));
      await expect(recall(bob, afterwards)).rejects.toMatchObject(NOT_FOUND);
      await expect(recall(await stage().user('stranger'), said)).rejects.toMatchObject(NOT_FOUND);
    });

    test('reaches also those who left: what they may read is erased', async () => {
      await carol.leave(group);
      await recall(bob, said);
      const heard = await carol.history(said.conversationId);
      expect(heard.find(({ seq }) => seq === said.seq)?.body?.$case).toBe('recalled');
      expect(heard.map(textOf)).not.toContain('recall');
    });
  });
});

describe.each(ENGINES)('RecallMessage with no time for it, on %s', (engine) => {
  const stage = useStage(engine, { PARLEY_RECALL_SECONDS: '0' });

  test('is too late for authors, and never for the owner of a group', async () => {
    const [ann, bob] = await stage().users('ann', 'bob');
    const group = await ann.createGroup('tea');
    await bob.join(group);
    const said = await bob.post(textMessage(toGroup(group.id), SECRET));
    const TOO_LATE = { code: status.FAILED_PRECONDITION, reason: 'TOO_LATE' };
    await expect(recall(bob, said)).rejects.toMatchObject(TOO_LATE);
    await expect(recall(bob, await bob.post(textMessage(toUser(ann.id), SECRET)))).rejects.toMatchObject(TOO_LATE);
    expect(await recall(ann, said)).toMatchObject({ seq: said.seq + 1n });
    expect(await recall(bob, said)).toMatchObject({ seq: said.seq + 1n });
  });
});
