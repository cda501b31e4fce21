import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import type { Target } from '../../proto/gen/parley/v1/message.pb.ts';
import { ListMessagesRequest, type ListMessagesResponse } from '../../proto/gen/parley/v1/history_service.pb.ts';
import { Domain, openMemoryStore, toUser } from '../../test/domain/domain.ts';
import { Conversations } from '../messages/conversations.ts';
import { History } from '../messages/history.ts';
import type { UserRecord } from '../store/seam/records.ts';
import type { Store } from '../store/seam/store.ts';
import type { Calls, Handler } from './calls.ts';
import { historyHandlers } from './history-handlers.ts';

const ENTRIES = 5;

let store: Store;
let ann: UserRecord;
let bob: UserRecord;
let cyd: UserRecord;
let ids: bigint[];
let list: (request: Partial<ListMessagesRequest>) => Promise<ListMessagesResponse>;

beforeAll(async () => {
  store = await openMemoryStore();
  const domain = new Domain(store);
  [ann, bob, cyd] = [await domain.makeUser(), await domain.makeUser(), await domain.makeUser()];
  for (const other of [bob, cyd]) {
    for (let n = 1; n <= ENTRIES; n += 1) await domain.sendOne(ann, toUser(other), `message ${n}`);
  }
  ids = await Promise.all([bob, cyd].map(async ({ id }) => BigInt((await store.log.ensureDirect(ann.id, id)).id)));
  /** Calls without a network: the handler itself, for ann. */
  const direct: Pick<Calls, 'authenticated'> = { authenticated: (run) => run as never };
  const handlers = historyHandlers(direct as Calls, {
    history: new History(store, new Conversations(store)),
    cursors: domain.cursors,
  });
  const handler = handlers.listMessages as unknown as Handler<ListMessagesRequest, ListMessagesResponse>;
  list = (request) => handler(ListMessagesRequest.fromPartial({ pageSize: 2, ...request }), { user: ann } as never);
});

afterAll(async () => {
  await store[Symbol.asyncDispose]();
});

const byId = (value: bigint) => ({ $case: 'conversationId', value }) as const;
const byUser = ({ id }: UserRecord) => ({ $case: 'target', value: targetOf(id) }) as const;
const targetOf = (id: number): Target => ({ target: { $case: 'userId', value: BigInt(id) } });

async function pages(request: Partial<ListMessagesRequest>): Promise<number[][]> {
  const all: number[][] = [];
  let pageToken = '';
  do {
    const page = await list({ ...request, pageToken });
    all.push(page.messages.map(({ seq }) => Number(seq)));
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  return all;
}

describe('listing messages', () => {
  test('goes back from the last one, or on from a seq, page by page', async () => {
    for (const conversation of [byId(ids[0] ?? 0n), byUser(bob)]) {
      expect(await pages({ conversation })).toEqual([[4, 5], [2, 3], [1]]);
      expect(await pages({ conversation, position: { $case: 'beforeSeq', value: 4n } })).toEqual([[2, 3], [1]]);
      expect(await pages({ conversation, position: { $case: 'afterSeq', value: 1n } })).toEqual([
        [2, 3],
        [4, 5],
      ]);
    }
  });

  test('takes a page token only with the arguments that it was given for', async () => {
    const conversation = byId(ids[0] ?? 0n);
    const { nextPageToken: pageToken } = await list({ conversation });
    const others: Partial<ListMessagesRequest>[] = [
      { conversation: byId(ids[1] ?? 0n) },
      { conversation: byUser(cyd) },
      { conversation, position: { $case: 'afterSeq', value: 1n } },
    ];
    for (const other of others) {
      await expect(list({ ...other, pageToken })).rejects.toMatchObject({ reason: 'INVALID_PAGE_TOKEN' });
    }
    expect((await list({ conversation, pageToken, pageSize: 50 })).messages).toHaveLength(3);
  });

  test.each<[string, () => Partial<ListMessagesRequest>, string]>([
    ['no conversation', () => ({}), 'conversation'],
    ['an id that is none', () => ({ conversation: byId(0n) }), 'conversation_id'],
    ['a target without anybody', () => ({ conversation: { $case: 'target', value: {} } as never }), 'target'],
    ['a negative size', () => ({ conversation: byId(1n), pageSize: -1 }), 'page_size'],
    ['a negative seq', () => ({ conversation: byId(1n), position: { $case: 'afterSeq', value: -1n } }), 'after_seq'],
  ])('refuses %s by its field', async (_what, request, field) => {
    await expect(list(request())).rejects.toMatchObject({ reason: 'INVALID_FIELD', violations: [{ field }] });
  });
});
