import { Content } from '../../../proto/gen/parley/v1/message.pb.ts';
import { status } from '@grpc/grpc-js';
import { beforeAll, describe, expect, test } from '@jest/globals';

import {
  type ListMessagesRequest,
  type ListMessagesResponse,
  HistoryServiceService,
} from '../../../proto/gen/parley/v1/history_service.pb.ts';
import type { Group } from '../../../proto/gen/parley/v1/group.pb.ts';
import { GroupServiceService } from '../../../proto/gen/parley/v1/group_service.pb.ts';
import { ENGINES } from '../../cluster/start-server.ts';
import { numbered, textMessage, textOf, toGroup, toUser } from './frames.ts';
import type { RawUser } from './raw-user.ts';
import { useStage } from './stage.ts';

const COUNT = 25;

describe.each(ENGINES)('ListMessages, on %s', (engine) => {
  const stage = useStage(engine);
  let ann: RawUser;
  let bob: RawUser;
  let conversationId: bigint;
  let group: Group;

  beforeAll(async () => {
    [ann, bob] = await stage().users('ann', 'bob');
    for (const text of numbered('m', COUNT)) {
      ({ conversationId } = await ann.post(textMessage(toUser(bob.id), text)));
    }
    group = await ann.createGroup('tea');
  });

  function list(request: Partial<ListMessagesRequest> = {}, user = bob): Promise<ListMessagesResponse> {
    return user.call(HistoryServiceService.listMessages, {
      conversation: { $case: 'conversationId', value: conversationId },
      position: undefined,
      pageSize: 0,
      pageToken: '',
      ...request,
    });
  }

  const before = (value: bigint) => ({ position: { $case: 'beforeSeq', value } as const });
  const after = (value: bigint) => ({ position: { $case: 'afterSeq', value } as const });
  const seqs = ({ messages }: ListMessagesResponse) => messages.map(({ seq }) => Number(seq));
  const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

  test('names the conversation by its id or by whom it is with, for both sides', async () => {
    const byId = await list();
    expect(byId.messages.map(textOf)).toEqual(numbered('m', COUNT));
    expect(byId).toMatchObject({ conversationId, nextPageToken: '' });
    expect(await list({ conversation: { $case: 'target', value: toUser(ann.id) } })).toEqual(byId);
    expect(await list({ conversation: { $case: 'target', value: toUser(bob.id) } }, ann)).toEqual(byId);
  });

  test.each([
    ['the latest', {}, range(16, 25), true],
    ['before 11', before(11n), range(1, 10), false],
    ['before 12', before(12n), range(2, 11), true],
    ['before 1', before(1n), [], false],
    ['before 0', before(0n), [], false],
    ['before one beyond the end', before(1_000n), range(16, 25), true],
    ['after 0', after(0n), range(1, 10), true],
    ['after 15', after(15n), range(16, 25), false],
    ['after 14', after(14n), range(15, 24), true],
    ['after the last', after(25n), [], false],
    ['after one beyond the end', after(9_007_199_254_740_991n), [], false],
  ])('%s, ten at most', async (_, position, expected, more) => {
    const page = await list({ ...position, pageSize: 10 });
    expect(seqs(page)).toEqual(expected);
    expect(page.nextPageToken !== '').toBe(more);
  });

  test.each([
    ['forward', after(3n), [range(4, 11), range(12, 19), range(20, 25)]],
    ['backward', before(20n), [range(12, 19), range(4, 11), range(1, 3)]],
    ['backward from the latest', {}, [range(18, 25), range(10, 17), range(2, 9), [1]]],
  ])('pages go on %s', async (_, position, expected) => {
    const pages: number[][] = [];
    for (let pageToken = ''; pages.length === 0 || pageToken !== '';) {
      const page = await list({ ...position, pageSize: 8, pageToken });
      pages.push(seqs(page));
      pageToken = page.nextPageToken;
    }
    expect(pages).toEqual(expected);
  });

  test('a page ends at 1 MiB, and the next one goes on without a gap', async () => {
    const carol = await stage().user('carol');
    const payload = { mediaType: 'a/b', data: Buffer.alloc(8_192) };
    const heavy = Content.fromPartial({ text: 'x'.repeat(8_192), payload });
    const chat = await carol.connect();
    for (let sent = 0; sent < 80; sent += 1) {
      await chat.post({ ...textMessage(toUser(ann.id), ''), content: heavy });
    }
    const conversation = { $case: 'target', value: toUser(carol.id) } as const;
    const first = await list({ conversation, ...after(0n), pageSize: 200 }, ann);
    expect(first.messages.length).toBeLessThan(80);
    expect(first.messages.length).toBeGreaterThanOrEqual(60);
    const rest = await list({ conversation, ...after(0n), pageSize: 200, pageToken: first.nextPageToken }, ann);
    expect([...seqs(first), ...seqs(rest)]).toEqual(range(1, 80));
    expect(rest.nextPageToken).toBe('');
  });

  const NOT_FOUND = { code: status.NOT_FOUND, reason: 'CONVERSATION_NOT_FOUND' };

  test('of a conversation that is not there, or not theirs, there is none', async () => {
    const stranger = await stage().user('stranger');
    await expect(list({}, stranger)).rejects.toMatchObject(NOT_FOUND);
    for (const conversation of [
      { $case: 'conversationId', value: 9_007_199_254_740_991n },
      { $case: 'target', value: toUser(ann.id) },
      { $case: 'target', value: toGroup(group.id) },
      { $case: 'target', value: toGroup(9_007_199_254_740_991n) },
    ] as const) {
      await expect(list({ conversation }, stranger)).rejects.toMatchObject(NOT_FOUND);
    }
    expect(await stranger.conversations()).toEqual([]);
  });

  test.each([
    ['no conversation', { conversation: undefined }, 'conversation'],
    ['a negative id', { conversation: { $case: 'conversationId', value: -1n } as const }, 'conversation_id'],
    ['an id of 2^53', { conversation: { $case: 'conversationId', value: 2n ** 53n } as const }, 'conversation_id'],
    ['a negative seq', after(-1n), 'after_seq'],
    ['a seq of 2^53', before(2n ** 53n), 'before_seq'],
    ['a negative size', { pageSize: -1 }, 'page_size'],
  ])('%s is refused', async (_, request, field) => {
    await expect(list(request)).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
      reason: 'INVALID_FIELD',
      fields: [field],
    });
  });

  test('a page token of another rpc, of the other direction, or of nobody is refused', async () => {
    const INVALID = { code: status.INVALID_ARGUMENT, reason: 'INVALID_PAGE_TOKEN' };
    const forward = (await list({ ...after(0n), pageSize: 1 })).nextPageToken;
    const backward = (await list({ pageSize: 1 })).nextPageToken;
    await ann.createGroup('another');
    const groups = await ann.call(GroupServiceService.listGroups, { pageSize: 1, pageToken: '' });
    expect([forward, backward, groups.nextPageToken]).not.toContain('');

    await expect(list({ ...before(9n), pageToken: forward })).rejects.toMatchObject(INVALID);
    await expect(list({ ...after(9n), pageToken: backward })).rejects.toMatchObject(INVALID);
    for (const pageToken of [groups.nextPageToken, 'nonsense', '=']) {
      await expect(list({ pageToken })).rejects.toMatchObject(INVALID);
    }
    await expect(
      ann.call(GroupServiceService.listMembers, { groupId: group.id, pageSize: 0, pageToken: groups.nextPageToken }),
    ).rejects.toMatchObject(INVALID);
  });
});
