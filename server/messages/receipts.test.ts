import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { openMemoryStore, toGroup, toUser } from '../../test/domain/domain.ts';
import { text, World } from '../../test/store/world.ts';
import type { UserRecord } from '../store/seam/records.ts';
import type { Store } from '../store/seam/store.ts';
import { Conversations } from './conversations.ts';
import { Receipts } from './receipts.ts';

const NOT_FOUND = { reason: 'CONVERSATION_NOT_FOUND' };
const PAGE = { afterId: 0, limit: 10 };

describe('how far others are, where it is asked for', () => {
  let store: Store;
  let world: World;
  let receipts: Receipts;
  let ann: UserRecord;
  let bob: UserRecord;
  let conversationId: number;

  beforeEach(async () => {
    store = await openMemoryStore();
    world = new World(store);
    receipts = new Receipts(store, new Conversations(store));
    ({ a: ann, b: bob, id: conversationId } = await world.direct());
    await world.say(conversationId, ann.id, text('hello'));
    await store.cursors.advance([{ userId: bob.id, conversationId, deliveredSeq: 5, readSeq: 3 }]);
  });

  afterEach(async () => {
    await store[Symbol.asyncDispose]();
  });

  const anns = () => ({ userId: ann.id, conversationId, deliveredSeq: 0, readSeq: 0 });
  const bobs = () => ({ userId: bob.id, conversationId, deliveredSeq: 5, readSeq: 3 });

  test('of two, by id or by name, page by page', async () => {
    expect(await receipts.list(ann.id, conversationId, PAGE)).toEqual([anns(), bobs()]);
    expect(await receipts.list(ann.id, toUser(bob), PAGE)).toEqual([anns(), bobs()]);
    expect(await receipts.list(bob.id, toUser(ann), { afterId: 0, limit: 1 })).toEqual([anns()]);
    expect(await receipts.list(bob.id, toUser(ann), { afterId: ann.id, limit: 1 })).toEqual([bobs()]);
    expect(await receipts.list(bob.id, toUser(ann), { afterId: bob.id, limit: 1 })).toEqual([]);
  });

  test('of two of whom one has blocked the other, each sees only their own', async () => {
    await store.transact(async (tx) => {
      await tx.log.lock([conversationId], 'wait');
      await tx.friends.set(ann.id, bob.id, 'blocked', 1);
    });
    expect(await receipts.list(ann.id, conversationId, PAGE)).toEqual([anns()]);
    expect(await receipts.list(bob.id, conversationId, PAGE)).toEqual([bobs()]);
  });

  test('is nobody’s who is not in the conversation', async () => {
    const stranger = await world.user();
    const group = await world.group(ann);
    await world.join(group, bob);
    const target = toGroup({ id: group.groupId });
    expect((await receipts.list(bob.id, target, PAGE)).map(({ userId }) => userId)).toEqual([ann.id, bob.id]);
    await world.leave(group, bob);
    await expect(receipts.list(bob.id, target, PAGE)).rejects.toMatchObject(NOT_FOUND);
    await expect(receipts.list(bob.id, group.conversationId, PAGE)).rejects.toMatchObject(NOT_FOUND);
    const all = [conversationId, group.conversationId, target, toUser(ann), 999_999, toGroup({ id: 999_999 })];
    for (const conversation of all) {
      await expect(receipts.list(stranger.id, conversation, PAGE)).rejects.toMatchObject(NOT_FOUND);
    }
  });
});
