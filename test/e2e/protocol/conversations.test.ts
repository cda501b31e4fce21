import { status } from '@grpc/grpc-js';
import { beforeEach, describe, expect, test } from '@jest/globals';

import { HistoryServiceService } from '../../../proto/gen/parley/v1/history_service.pb.ts';
import { Content } from '../../../proto/gen/parley/v1/message.pb.ts';
import { ENGINES } from '../../cluster/start-server.ts';
import { textMessage, toGroup, toUser } from './frames.ts';
import type { RawUser } from './raw-user.ts';
import { useStage } from './stage.ts';

describe.each(ENGINES)('ListConversations, on %s', (engine) => {
  const stage = useStage(engine);
  let ann: RawUser;
  let bob: RawUser;
  beforeEach(async () => {
    [ann, bob] = await stage().users('ann', 'bob');
  });

  test('shows a direct conversation as each side sees it', async () => {
    const before = Date.now();
    await bob.post(textMessage(toUser(ann.id), 'one'));
    const last = await bob.post(textMessage(toUser(ann.id), 'two'));
    const shared = {
      id: last.conversationId,
      lastSeq: 2n,
      lastOrdinal: 2n,
      lastActivityTime: expect.any(Date),
      closed: false,
      lastMessage: expect.objectContaining({
        seq: 2n,
        senderId: bob.id,
        senderName: bob.name,
        target: toUser(ann.id),
        body: { $case: 'content', value: Content.fromPartial({ text: 'two' }) },
      }),
    };
    const peer = ({ id, name }: RawUser) => ({ id, name, createTime: expect.any(Date), deleted: false });
    expect(await ann.conversations()).toEqual([
      {
        ...shared,
        target: toUser(bob.id),
        title: bob.name,
        peer: peer(bob),
        cursor: { deliveredSeq: 0n, readSeq: 0n },
        unreadCount: 2n,
      },
    ]);
    const [bobs] = await bob.conversations();
    expect([bobs]).toEqual([
      {
        ...shared,
        target: toUser(ann.id),
        title: ann.name,
        peer: peer(ann),
        cursor: { deliveredSeq: 2n, readSeq: 2n },
        unreadCount: 0n,
      },
    ]);
    expect(Math.abs(bobs!.lastActivityTime!.getTime() - before)).toBeLessThan(5_000);
  });

  test('shows a group, and counts only what was said as unread', async () => {
    const group = await ann.createGroup('tea');
    await bob.join(group);
    await ann.post(textMessage(toGroup(group.id), 'welcome'));
    const [seen] = await bob.conversations();
    expect(seen).toMatchObject({
      id: group.conversationId,
      target: toGroup(group.id),
      title: 'tea',
      peer: undefined,
      lastSeq: 3n,
      lastOrdinal: 1n,
      unreadCount: 1n,
      closed: false,
    });
  });

  test('begins with the latest activity, which moves a conversation up', async () => {
    const [carol, dave] = await stage().users('carol', 'dave');
    const group = await ann.createGroup('tea');
    for (const target of [toUser(carol.id), toUser(dave.id), toGroup(group.id)]) {
      await tick();
      await ann.post(textMessage(target, 'x'));
    }
    const titles = async () => (await ann.conversations()).map(({ title }) => title);
    expect(await titles()).toEqual(['tea', dave.name, carol.name]);
    await tick();
    await carol.post(textMessage(toUser(ann.id), 'answer'));
    expect(await titles()).toEqual([carol.name, 'tea', dave.name]);
  });

  test('a group that was left stays where it went quiet, closed, with the leave as its last entry', async () => {
    const group = await ann.createGroup('tea');
    await bob.join(group);
    await ann.post(textMessage(toGroup(group.id), 'one'));
    await bob.leave(group);
    await tick();
    await bob.post(textMessage(toUser(ann.id), 'direct'));
    await ann.post(textMessage(toGroup(group.id), 'after'));
    const [direct, tea] = await bob.conversations();
    expect(direct).toMatchObject({ title: ann.name });
    expect(tea).toMatchObject({
      title: 'tea',
      closed: true,
      lastSeq: 4n,
      lastOrdinal: 1n,
      unreadCount: 1n,
      lastMessage: { seq: 4n, body: { $case: 'membershipChange', value: { userId: bob.id } } },
    });
    await tick();
    await bob.join(group);
    expect((await bob.conversations()).map(({ title, closed }) => [title, closed])).toEqual([
      ['tea', false],
      [ann.name, false],
    ]);
  });

  test('gives page by page what it gives at once, with as many as asked for', async () => {
    const others = await stage().users('a', 'b', 'c', 'd', 'e');
    for (const other of others) await ann.post(textMessage(toUser(other.id), 'x'));
    const all = await ann.conversations();
    expect(all).toHaveLength(5);
    const paged = [];
    const sizes: number[] = [];
    for (let pageToken = ''; sizes.length === 0 || pageToken !== '';) {
      const page = await ann.call(HistoryServiceService.listConversations, { pageSize: 2, pageToken });
      paged.push(...page.conversations);
      sizes.push(page.conversations.length);
      pageToken = page.nextPageToken;
    }
    expect(sizes).toEqual([2, 2, 1]);
    expect(paged).toEqual(all);
  });

  test('refuses a negative size and page tokens that are not its own', async () => {
    const list = (pageSize: number, pageToken: string) =>
      ann.call(HistoryServiceService.listConversations, { pageSize, pageToken });
    await expect(list(-1, '')).rejects.toMatchObject({ code: status.INVALID_ARGUMENT, fields: ['page_size'] });
    const foreign = Buffer.from('ListMessages/before:3').toString('base64url');
    for (const token of ['x', foreign, Buffer.from('ListConversations:1').toString('base64url'), '\u{1F44B}']) {
      await expect(list(1, token)).rejects.toMatchObject({
        code: status.INVALID_ARGUMENT,
        reason: 'INVALID_PAGE_TOKEN',
      });
    }
    expect(await list(1_000, '')).toEqual({ conversations: [], nextPageToken: '' });
  });
});

/** Resolves when the clock shows another millisecond, so that what happens next is later. */
async function tick(): Promise<void> {
  const now = Date.now();
  while (Date.now() === now) await new Promise((resolve) => setImmediate(resolve));
}
