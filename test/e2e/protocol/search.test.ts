import { status } from '@grpc/grpc-js';
import { beforeEach, describe, expect, test } from '@jest/globals';

import { ChatServiceService } from '../../../proto/gen/parley/v1/chat_service.pb.ts';
import { GroupServiceService } from '../../../proto/gen/parley/v1/group_service.pb.ts';
import { Content } from '../../../proto/gen/parley/v1/message.pb.ts';
import { ENGINES } from '../../cluster/start-server.ts';
import { numbered, textMessage, toGroup, toUser } from './frames.ts';
import type { RawUser } from './raw-user.ts';
import { highlighted, search, searchUntil, texts } from './searching.ts';
import { useStage } from './stage.ts';

describe.each(ENGINES)('SearchMessages, on %s', (engine) => {
  const stage = useStage(engine);
  let ann: RawUser;
  let bob: RawUser;
  let cyd: RawUser;

  beforeEach(async () => {
    [ann, bob, cyd] = await stage().users('ann', 'bob', 'cyd');
  });

  test('finds what was sent, for both, with where it matches, and for nobody else', async () => {
    const receipt = await ann.post(textMessage(toUser(bob.id), 'Café in der Straße 12, 明天去北京 👍🏽'));
    for (const user of [ann, bob]) {
      const [found] = await searchUntil(user, 'CAFE strasse', 1);
      expect(found!.message).toMatchObject({
        ...{ conversationId: receipt.conversationId, seq: receipt.seq, senderId: ann.id, revision: 0, reactions: [] },
        target: toUser(bob.id),
      });
      expect(highlighted([found!])).toEqual([['Café', 'Straße']]);
    }
    expect(highlighted((await search(bob, '北京')).results)).toEqual([['北京']]);
    expect(highlighted((await search(bob, '👍')).results)).toEqual([['👍🏽']]);
    expect((await search(bob, 'cafe missing')).results).toEqual([]);
    expect((await search(cyd, 'cafe')).results).toEqual([]);
  });

  test('a recalled message is not found from the answer on, nor what an edit has replaced', async () => {
    const { conversationId, seq } = await ann.post(textMessage(toUser(bob.id), 'pineapple one'));
    await ann.post(textMessage(toUser(bob.id), 'pineapple two'));
    await searchUntil(bob, 'pineapple', 2);
    await ann.call(ChatServiceService.recallMessage, { conversationId, seq: seq + 1n });
    expect(texts(await search(bob, 'pineapple'))).toEqual(['pineapple one']);
    await ann.call(ChatServiceService.editMessage, {
      ...{ conversationId, seq, expectedRevision: 0, clientMessageId: textMessage(toUser(bob.id), '').clientMessageId },
      content: Content.fromPartial({ text: 'an apple' }),
    });
    expect((await search(bob, 'pineapple')).results).toEqual([]);
    const [edited] = await searchUntil(bob, 'apple', 1);
    expect(edited!.message).toMatchObject({ seq, revision: 1 });
  });

  test('what was sent and recalled before it could be indexed is never found', async () => {
    const { conversationId, seq } = await ann.post(textMessage(toUser(bob.id), 'never to be seen'));
    await ann.call(ChatServiceService.recallMessage, { conversationId, seq });
    await ann.post(textMessage(toUser(bob.id), 'something to be seen'));
    expect(texts({ results: await searchUntil(bob, 'seen', 1) })).toEqual(['something to be seen']);
  });

  test('of a group, finds what one may read, also after leaving it, and reactions come along', async () => {
    const group = await ann.createGroup('tea');
    const say = (text: string) => ann.post(textMessage(toGroup(group.id), text));
    await say('oolong before');
    await bob.join(group);
    const { conversationId, seq } = await say('oolong while');
    await bob.leave(group);
    await say('oolong after');
    await ann.call(ChatServiceService.setReaction, { conversationId, seq, emoji: '🍵', removed: false });
    await searchUntil(ann, 'oolong', 3);
    const { results } = await search(bob, 'oolong');
    expect(texts({ results })).toEqual(['oolong while']);
    expect(results[0]!.message!.reactions).toEqual([{ emoji: '🍵', count: 1, mine: false }]);
    expect((await search(cyd, 'oolong')).results).toEqual([]);

    await bob.join(group);
    await ann.call(GroupServiceService.deleteGroup, { groupId: group.id });
    expect(texts(await search(bob, 'oolong'))).toEqual(['oolong while']);
    expect(texts(await search(ann, 'oolong'))).toHaveLength(3);
  });

  test('pages give everything once, the latest first, while more comes in; in one conversation only if asked', async () => {
    for (const text of numbered('lemon', 12)) await ann.post(textMessage(toUser(bob.id), text));
    const { conversationId } = await cyd.post(textMessage(toUser(bob.id), 'lemon from cyd'));
    const all = texts({ results: await searchUntil(bob, 'lemon', 13) });
    const paged: string[] = [];
    for (let pageToken = ''; ;) {
      const page = await search(bob, 'lemon', { pageSize: 5, pageToken });
      paged.push(...texts(page));
      pageToken = page.nextPageToken;
      if (pageToken === '') break;
      await ann.post(textMessage(toUser(bob.id), 'a newer lemon'));
    }
    expect(paged).toEqual(all);
    expect(paged).toHaveLength(13);

    expect(texts(await search(bob, 'lemon', { conversationId }))).toEqual(['lemon from cyd']);
    const notFound = { code: status.NOT_FOUND, reason: 'CONVERSATION_NOT_FOUND' };
    await expect(search(ann, 'lemon', { conversationId })).rejects.toMatchObject(notFound);
    await expect(search(ann, 'lemon', { conversationId: 999_999n })).rejects.toMatchObject(notFound);
  });

  test('refuses a query without anything to search for, and a page token of another query', async () => {
    for (const query of ['', ' ', '...!?', 'x'.repeat(257)]) {
      await expect(search(ann, query)).rejects.toMatchObject({
        ...{ code: status.INVALID_ARGUMENT, reason: 'INVALID_FIELD', fields: ['query'] },
      });
    }
    expect((await search(ann, '👍'.repeat(256))).results).toEqual([]);
    await expect(search(ann, 'x', { pageSize: -1 })).rejects.toMatchObject({ fields: ['page_size'] });
    await expect(search(ann, 'x', { conversationId: -1n })).rejects.toMatchObject({ fields: ['conversation_id'] });

    for (const text of ['mango', 'mango']) await ann.post(textMessage(toUser(bob.id), text));
    await searchUntil(ann, 'mango', 2);
    const { nextPageToken } = await search(ann, 'mango', { pageSize: 1 });
    expect(nextPageToken).not.toBe('');
    await expect(search(ann, 'mang', { pageSize: 1, pageToken: nextPageToken })).rejects.toMatchObject({
      reason: 'INVALID_PAGE_TOKEN',
    });
  });
});
