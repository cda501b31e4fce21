import { status } from '@grpc/grpc-js';
import { beforeEach, describe, expect, test } from '@jest/globals';

import type { SendReceipt } from '../../../proto/gen/parley/v1/chat.pb.ts';
import { ChatServiceService } from '../../../proto/gen/parley/v1/chat_service.pb.ts';
import type { Group } from '../../../proto/gen/parley/v1/group.pb.ts';
import { ENGINES } from '../../cluster/start-server.ts';
import { textMessage, textOf, toGroup } from './frames.ts';
import type { RawUser } from './raw-user.ts';
import { useStage } from './stage.ts';

describe.each(ENGINES)('SetReaction, on %s', (engine) => {
  const stage = useStage(engine);
  let ann: RawUser;
  let bob: RawUser;
  let group: Group;
  let said: SendReceipt;

  beforeEach(async () => {
    [ann, bob] = await stage().users('ann', 'bob');
    group = await ann.createGroup('tea');
    await bob.join(group);
    said = await ann.post(textMessage(toGroup(group.id), 'a message'));
  });

  async function react(user: RawUser, emoji: string, removed = false, seq = said.seq) {
    const request = { conversationId: said.conversationId, seq, emoji, removed };
    return (await user.call(ChatServiceService.setReaction, request)).receipt;
  }

  /** What a user is told of the reactions to the message. */
  async function counted(user: RawUser): Promise<string[]> {
    const message = (await user.history(said.conversationId)).find(({ seq }) => seq === said.seq);
    return message!.reactions.map(({ emoji, count, mine }) => `${emoji}${count}${mine ? '*' : ''}`);
  }

  test('is counted in the order in which each emoji came first, with what is one’s own', async () => {
    await react(bob, '🎉');
    await react(ann, '👍');
    await react(bob, '👍');
    expect(await counted(ann)).toEqual(['🎉1', '👍2*']);
    expect(await counted(bob)).toEqual(['🎉1*', '👍2*']);
    const others = (await ann.history(said.conversationId)).filter(({ seq }) => seq !== said.seq);
    expect(others.flatMap(({ reactions }) => reactions)).toEqual([]);
  });

  test('is told to those who are there, by an entry that doesn’t count as unread', async () => {
    const annChat = await ann.connect();
    const receipt = await react(bob, '👍');
    await react(bob, '👍', true);
    expect(receipt).toMatchObject({ seq: said.seq + 1n, ordinal: said.ordinal });
    const reaction = (removed: boolean) => ({
      $case: 'reaction',
      value: { targetSeq: said.seq, emoji: '👍', removed },
    });
    expect(await annChat.entries(2)).toMatchObject([
      { seq: said.seq + 1n, senderId: bob.id, body: reaction(false) },
      { seq: said.seq + 2n, senderId: bob.id, body: reaction(true) },
    ]);
    expect(await bob.conversations()).toMatchObject([{ unreadCount: 1n, lastOrdinal: said.ordinal }]);
  });

  test('repeated, gives the receipt of the entry that holds; what is not there can’t be taken back', async () => {
    const first = await react(bob, '👍');
    expect(await react(bob, '👍')).toEqual(first);
    expect(await react(ann, '👍', true)).toBeUndefined();
    expect(await react(bob, '👍', true)).toMatchObject({ seq: said.seq + 2n });
    expect(await react(bob, '👍', true)).toBeUndefined();
    expect(await counted(ann)).toEqual([]);
    expect((await ann.history(said.conversationId)).slice(-3).map(textOf)).toEqual([
      'a message',
      'reaction',
      'reaction',
    ]);
  });

  test('of an eleventh emoji is beyond the limit', async () => {
    for (let index = 0; index < 10; index += 1) await react(bob, String.fromCodePoint(0x1f400 + index));
    await expect(react(bob, '👍')).rejects.toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
      reason: 'LIMIT_REACHED',
      metadata: { limit: '10' },
      retryAfterMs: undefined,
    });
    expect(await counted(ann)).toHaveLength(10);
  });

  test('is gone with a recall', async () => {
    await react(bob, '👍');
    const { conversationId, seq } = said;
    await ann.call(ChatServiceService.recallMessage, { conversationId, seq });
    expect(await counted(ann)).toEqual([]);
    await expect(react(bob, '👍')).rejects.toMatchObject({ code: status.NOT_FOUND, reason: 'MESSAGE_NOT_FOUND' });
  });

  test('is for members, to what they may see', async () => {
    const stranger = await stage().user('stranger');
    const NOT_FOUND = { code: status.NOT_FOUND, reason: 'MESSAGE_NOT_FOUND' };
    await expect(react(stranger, '👍')).rejects.toMatchObject(NOT_FOUND);
    await expect(react(bob, '👍', false, 1n)).rejects.toMatchObject(NOT_FOUND);
    await bob.leave(group);
    await expect(react(bob, '👍')).rejects.toMatchObject({ code: status.PERMISSION_DENIED, reason: 'NOT_A_MEMBER' });
  });

  test.each(['', 'thumbs up', '👍👍', 'x'.repeat(10_000)])('of %j is refused', async (emoji) => {
    await expect(react(bob, emoji)).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
      reason: 'INVALID_FIELD',
      fields: ['emoji'],
    });
  });
});
