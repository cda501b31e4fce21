import { randomUUID } from 'node:crypto';

import { status } from '@grpc/grpc-js';
import { beforeEach, describe, expect, test } from '@jest/globals';

import type { SendReceipt } from '../../../proto/gen/parley/v1/chat.pb.ts';
import { ChatServiceService, type EditMessageRequest } from '../../../proto/gen/parley/v1/chat_service.pb.ts';
import { Content, type Message } from '../../../proto/gen/parley/v1/message.pb.ts';
import { ENGINES } from '../../cluster/start-server.ts';
import { textMessage, textOf, toGroup, toUser } from './frames.ts';
import type { RawUser } from './raw-user.ts';
import { useStage } from './stage.ts';

const NOT_FOUND = { code: status.NOT_FOUND, reason: 'MESSAGE_NOT_FOUND' };

/** What an entry is and says, with its revision. */
function shown({ seq, revision, body }: Message): string {
  if (body?.$case === 'content') return `${seq} ${body.value.text} (${revision})`;
  if (body?.$case === 'edit') {
    return `${seq} edit of ${body.value.targetSeq}: ${body.value.content?.text ?? 'erased'} (${body.value.revision})`;
  }
  return `${seq} ${body?.$case}`;
}

describe.each(ENGINES)('EditMessage, on %s', (engine) => {
  const stage = useStage(engine);
  let ann: RawUser;
  let bob: RawUser;
  let said: SendReceipt;

  beforeEach(async () => {
    [ann, bob] = await stage().users('ann', 'bob');
    said = await ann.post(textMessage(toUser(bob.id), 'first'));
  });

  async function edit(user: RawUser, text: string, request: Partial<EditMessageRequest> = {}): Promise<SendReceipt> {
    const { receipt } = await user.call(ChatServiceService.editMessage, {
      clientMessageId: randomUUID(),
      conversationId: said.conversationId,
      seq: said.seq,
      content: Content.fromPartial({ text }),
      expectedRevision: 0,
      ...request,
    });
    return receipt!;
  }

  const history = async (user: RawUser) => (await user.history(said.conversationId)).map(shown);

  test('replaces what was said, for both, and leaves nothing of what was said before', async () => {
    expect(await edit(ann, 'second')).toMatchObject({ seq: 2n, ordinal: 1n });
    expect(await edit(ann, 'third', { expectedRevision: 1 })).toMatchObject({ seq: 3n, ordinal: 1n });
    for (const user of [ann, bob]) {
      expect(await history(user)).toEqual(['1 third (2)', '2 edit of 1: erased (1)', '3 edit of 1: third (2)']);
    }
    expect(await bob.conversations()).toMatchObject([{ unreadCount: 1n, lastOrdinal: 1n }]);
  });

  test('is told to those who are there, with its id and the new content', async () => {
    const [annChat, bobChat] = [await ann.connect(), await bob.connect()];
    const clientMessageId = randomUUID();
    await edit(ann, 'second', { clientMessageId });
    for (const chat of [annChat, bobChat]) {
      const [entry] = await chat.entries(1);
      expect(entry).toMatchObject({ senderId: ann.id, clientMessageId, ordinal: 1n });
      expect(shown(entry!)).toBe('2 edit of 1: second (1)');
    }
  });

  test('whose message was edited elsewhere is a conflict, which names the present revision', async () => {
    await edit(ann, 'second');
    await expect(edit(await ann.logIn(), 'mine')).rejects.toMatchObject({
      code: status.ABORTED,
      reason: 'REVISION_CONFLICT',
      metadata: { revision: '1' },
    });
    expect((await history(bob))[0]).toBe('1 second (1)');
  });

  test('repeated, gives the first receipt; with another content its id is reused', async () => {
    const clientMessageId = randomUUID();
    const first = await edit(ann, 'second', { clientMessageId });
    expect(await edit(ann, 'second', { clientMessageId })).toEqual(first);
    const reused = { code: status.ALREADY_EXISTS, reason: 'CLIENT_MESSAGE_ID_REUSED' };
    await expect(edit(ann, 'third', { clientMessageId })).rejects.toMatchObject(reused);
    await expect(ann.post({ ...textMessage(toUser(bob.id), 'second'), clientMessageId })).rejects.toMatchObject(reused);
    expect(await history(bob)).toHaveLength(2);
  });

  test('leaves the send of its message repeatable', async () => {
    const message = textMessage(toUser(bob.id), 'once');
    const receipt = await ann.post(message);
    await edit(ann, 'edited', { seq: receipt.seq });
    expect(await ann.post(message)).toEqual(receipt);
    expect((await history(bob)).slice(1)).toEqual(['2 edited (1)', '3 edit of 2: edited (1)']);
  });

  test('and a recall: nothing is left', async () => {
    await edit(ann, 'second');
    const { conversationId, seq } = said;
    await ann.call(ChatServiceService.recallMessage, { conversationId, seq });
    expect(await history(bob)).toEqual(['1 recalled', '2 edit of 1: erased (1)', '3 recall']);
    await expect(edit(ann, 'third', { expectedRevision: 1 })).rejects.toMatchObject(NOT_FOUND);
  });

  test('is for the author, while they may write', async () => {
    await expect(edit(bob, 'mine')).rejects.toMatchObject({
      code: status.PERMISSION_DENIED,
      reason: 'ROLE_INSUFFICIENT',
    });
    await expect(edit(await stage().user('carol'), 'mine')).rejects.toMatchObject(NOT_FOUND);
    await expect(edit(ann, 'mine', { seq: 2n })).rejects.toMatchObject(NOT_FOUND);
    const group = await bob.createGroup('tea');
    await ann.join(group);
    const { conversationId, seq } = await ann.post(textMessage(toGroup(group.id), 'bye'));
    await ann.leave(group);
    await expect(edit(ann, 'late', { conversationId, seq })).rejects.toMatchObject({ reason: 'NOT_A_MEMBER' });
  });

  test.each<[string, Partial<EditMessageRequest>, string]>([
    ['no content', { content: undefined }, 'content'],
    ['a text that is too long', { content: Content.fromPartial({ text: 'x'.repeat(8_193) }) }, 'content.text'],
    ['a reply to itself', { content: Content.fromPartial({ text: 'x', replyToSeq: 1n }) }, 'content.reply_to_seq'],
    ['an id that is none', { clientMessageId: 'x' }, 'client_message_id'],
    ['a negative revision', { expectedRevision: -1 }, 'expected_revision'],
    ['no conversation', { conversationId: 0n }, 'conversation_id'],
  ])('with %s is refused', async (_what, request, field) => {
    await expect(edit(ann, 'second', request)).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
      reason: 'INVALID_FIELD',
      fields: [field],
    });
  });
});

describe.each(ENGINES)('replies and mentions, on %s', (engine) => {
  const stage = useStage(engine);

  test('come as they were sent: live, in the history, and after an edit', async () => {
    const [ann, bob] = await stage().users('ann', 'bob');
    const bobChat = await bob.connect();
    const { conversationId } = await ann.post(textMessage(toUser(bob.id), 'question'));
    const mention = { userId: bob.id, start: 3, length: 4 };
    const content = Content.fromPartial({ text: '😀! @bob', replyToSeq: 1n, mentions: [mention] });
    const message = { ...textMessage(toUser(bob.id), ''), content };
    const receipt = await ann.post(message);
    const live = (await bobChat.entries(2))[1];
    expect(live?.body).toEqual({ $case: 'content', value: content });
    expect((await bob.history(conversationId))[1]).toEqual(live);
    expect(await ann.post(message)).toEqual(receipt);
    const changed = { ...message, content: { ...content, replyToSeq: 0n } };
    await expect(ann.post(changed)).rejects.toMatchObject({ reason: 'CLIENT_MESSAGE_ID_REUSED' });

    const edited = Content.fromPartial({ text: '@bob', mentions: [{ ...mention, start: 0 }] });
    const request = { clientMessageId: randomUUID(), conversationId, seq: 2n, content: edited, expectedRevision: 0 };
    await ann.call(ChatServiceService.editMessage, request);
    expect((await bob.history(conversationId))[1]?.body).toEqual({ $case: 'content', value: edited });
  });

  test('a reply is to what is there', async () => {
    const [ann, bob] = await stage().users('ann', 'bob');
    const chat = await ann.connect();
    const reply = (replyToSeq: bigint) => ({
      ...textMessage(toUser(bob.id), ''),
      content: Content.fromPartial({ text: 'reply', replyToSeq }),
    });
    await expect(ann.post(reply(1n))).rejects.toMatchObject({
      reason: 'INVALID_FIELD',
      fields: ['content.reply_to_seq'],
    });
    expect(await chat.post(textMessage(toUser(bob.id), 'first'))).toMatchObject({ value: { seq: 1n } });
    expect(await chat.post(reply(1n))).toMatchObject({ $case: 'receipt', value: { seq: 2n } });
    expect(await chat.post(reply(3n))).toMatchObject({ $case: 'error' });
    expect((await bob.history((await bob.conversations())[0]!.id)).map(textOf)).toEqual(['first', 'reply']);
  });
});
