import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { Domain, openMemoryStore, toGroup, toUser } from '../../test/domain/domain.ts';
import { withMethods } from '../../test/domain/with-methods.ts';
import { createGroup } from '../groups/create-group.ts';
import type { UserRecord } from '../store/seam/records.ts';
import type { Store } from '../store/seam/store.ts';
import { Conversations } from './conversations.ts';

let store: Store;
let domain: Domain;
/** How often the log was asked. */
let reads: number;
let conversations: Conversations;
let ann: UserRecord;
let bob: UserRecord;

beforeEach(async () => {
  store = await openMemoryStore();
  domain = new Domain(store);
  reads = 0;
  const log = withMethods(store.log, {
    direct: (a, b) => ((reads += 1), store.log.direct(a, b)),
    ofGroup: (id) => ((reads += 1), store.log.ofGroup(id)),
  });
  conversations = new Conversations(withMethods(store, { log }));
  [ann, bob] = [await domain.makeUser(), await domain.makeUser()];
});

afterEach(async () => {
  await store[Symbol.asyncDispose]();
});

const makeGroup = (owner: UserRecord) =>
  createGroup(domain, owner, { name: 'team', description: '', joinPolicy: 'open', memberLimit: 0, requestId: '' });

describe('to write', () => {
  test('the first contact makes one conversation, from whichever side and how often at once', async () => {
    const found = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        n % 2 === 0 ? conversations.toWrite(ann.id, toUser(bob)) : conversations.toWrite(bob.id, toUser(ann)),
      ),
    );
    expect(found[0]).toMatchObject({ kind: 'direct', users: [ann.id, bob.id] });
    for (const facts of found) expect(facts).toEqual(found[0]);
    for (const { id } of [ann, bob]) {
      expect(await store.cursors.get(id, found[0]?.id ?? 0)).toEqual({ deliveredSeq: 0, readSeq: 0 });
    }
  });

  test('no conversation is made with an account that is deleted', async () => {
    await store.transact((tx) => tx.accounts.beginDeletion(bob.id));
    await expect(conversations.toWrite(ann.id, toUser(bob))).rejects.toMatchObject({ reason: 'RECIPIENT_UNAVAILABLE' });
    expect(await store.log.direct(ann.id, bob.id)).toBeUndefined();
  });

  test('is found once, and then known from both sides, until it is forgotten', async () => {
    for (let n = 0; n < 3; n += 1) {
      await conversations.toWrite(ann.id, toUser(bob));
      await conversations.toWrite(bob.id, toUser(ann));
    }
    expect(reads).toBe(1);
    conversations.forget(bob.id, toUser(ann));
    await conversations.toWrite(ann.id, toUser(bob));
    expect(reads).toBe(2);
  });

  test.each<[string, () => ReturnType<typeof toUser>, string]>([
    ['oneself', () => toUser(ann), 'SELF_NOT_ALLOWED'],
    ['nobody', () => toUser({ id: 999 }), 'USER_NOT_FOUND'],
    ['no group', () => toGroup({ id: 999 }), 'NOT_A_MEMBER'],
  ])('to %s is refused, each time anew', async (_whom, target, reason) => {
    for (let n = 0; n < 2; n += 1) {
      await expect(conversations.toWrite(ann.id, target())).rejects.toMatchObject({ reason });
    }
  });

  test('is never taken for another one, however warm the cache', async () => {
    const cyd = await domain.makeUser();
    const [red, blue] = [await makeGroup(ann), await makeGroup(bob)];
    const pairs = [
      [ann, bob],
      [ann, cyd],
      [bob, cyd],
    ] as const;
    for (let n = 0; n < 2; n += 1) {
      for (const [one, other] of pairs) {
        const users = [one.id, other.id];
        expect(await conversations.toWrite(one.id, toUser(other))).toMatchObject({ kind: 'direct', users });
        expect(await conversations.toWrite(other.id, toUser(one))).toMatchObject({ kind: 'direct', users });
        await domain.sendOne(one, toUser(other));
        expect(await conversations.toRead(other.id, toUser(one))).toMatchObject({ kind: 'direct', users });
      }
      for (const { id } of [ann, bob, cyd]) {
        for (const group of [red, blue]) {
          const facts = { id: group.conversationId, kind: 'group', groupId: group.id };
          expect(await conversations.toWrite(id, toGroup(group))).toEqual(facts);
          expect(await conversations.toRead(id, toGroup(group))).toEqual(facts);
        }
      }
    }
  });

  test('a user and a group of the same id are two', async () => {
    const group = await makeGroup(ann);
    const other = { id: group.id };
    const direct = await conversations.toWrite(group.id === ann.id ? bob.id : ann.id, toUser(other));
    const ofGroup = await conversations.toWrite(ann.id, toGroup(group));
    expect(ofGroup).toEqual({ id: group.conversationId, kind: 'group', groupId: group.id });
    expect(direct.id).not.toBe(ofGroup.id);
  });
});

describe('to read', () => {
  test('makes nothing', async () => {
    expect(await conversations.toRead(ann.id, toUser(bob))).toBeUndefined();
    expect(await conversations.toRead(ann.id, toUser(ann))).toBeUndefined();
    expect(await conversations.toRead(ann.id, toGroup({ id: 999 }))).toBeUndefined();
    expect(await store.log.direct(ann.id, bob.id)).toBeUndefined();
  });

  test('finds a group without its having been written to, and knows it once it has', async () => {
    const group = await makeGroup(ann);
    const facts = { id: group.conversationId, kind: 'group', groupId: group.id };
    expect(await conversations.toRead(bob.id, toGroup(group))).toEqual(facts);
    await conversations.toWrite(ann.id, toGroup(group));
    const before = reads;
    expect(await conversations.toRead(bob.id, toGroup(group))).toEqual(facts);
    expect(reads).toBe(before);
  });

  test('finds a direct conversation from the first message on, not before', async () => {
    expect(await conversations.toRead(ann.id, toUser(bob))).toBeUndefined();
    const facts = await conversations.toWrite(bob.id, toUser(ann));
    for (const [one, other] of [[ann, bob] as const, [bob, ann] as const]) {
      expect(await conversations.toRead(one.id, toUser(other))).toBeUndefined();
    }
    await domain.sendOne(bob, toUser(ann));
    expect(await conversations.toRead(ann.id, toUser(bob))).toEqual(facts);
  });
});
