import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { Domain, openMemoryStore, reasonOf, toGroup, toUser, withTransactions } from '../../test/domain/domain.ts';
import { withLog, withMethods } from '../../test/domain/with-methods.ts';
import { createGroup } from '../groups/create-group.ts';
import { Membership } from '../groups/membership.ts';
import type { FriendStatus, UserRecord } from '../store/seam/records.ts';
import { StoreUnavailable } from '../store/seam/failures.ts';
import type { Store } from '../store/seam/store.ts';
import type { DirectMessagePolicy } from './write-permissions.ts';

let store: Store;
/** How often a transaction has read who may write. */
let reads: number;

beforeEach(async () => {
  store = await openMemoryStore();
  reads = 0;
});

afterEach(async () => {
  await store[Symbol.asyncDispose]();
});

function start(policy: DirectMessagePolicy = 'anyone'): Domain {
  const counted = withTransactions(store, (run) =>
    run((tx) =>
      withMethods(tx, {
        friends: withMethods(tx.friends, { between: (pairs) => ((reads += 1), tx.friends.between(pairs)) }),
        groups: withMethods(tx.groups, { members: (ids) => ((reads += 1), tx.groups.members(ids)) }),
      }),
    ),
  );
  return new Domain(store, { policy, journalStore: counted });
}

async function set(ann: UserRecord, bob: UserRecord, mine: FriendStatus | null, theirs: FriendStatus | null) {
  const { id } = await store.log.ensureDirect(ann.id, bob.id);
  await store.transact(async (tx) => {
    await tx.log.lock([id], 'wait');
    await tx.friends.set(ann.id, bob.id, mine, 0);
    await tx.friends.set(bob.id, ann.id, theirs, 0);
    await tx.log.raiseMembersVersion(id);
  });
}

describe('who may write to whom directly', () => {
  test.each<[DirectMessagePolicy, FriendStatus | null, FriendStatus | null, boolean]>([
    ['anyone', null, null, true],
    ['anyone', 'requested', null, true],
    ['anyone', 'accepted', 'accepted', true],
    ['anyone', 'blocked', null, false],
    ['anyone', null, 'blocked', false],
    ['anyone', 'requested', 'blocked', false],
    ['friends', null, null, false],
    ['friends', 'requested', null, false],
    ['friends', null, 'requested', false],
    ['friends', 'accepted', null, false],
    ['friends', 'accepted', 'accepted', true],
    ['friends', 'accepted', 'requested', false],
    ['friends', 'accepted', 'blocked', false],
  ])('where %s may, and the two stand as %s and %s: %s', async (policy, mine, theirs, allowed) => {
    const domain = start(policy);
    const [ann, bob, cyd] = [await domain.makeUser(), await domain.makeUser(), await domain.makeUser()];
    await set(ann, bob, mine, theirs);
    // What others are to each other doesn't count.
    await set(bob, cyd, 'accepted', 'accepted');
    const expected = allowed ? undefined : 'RECIPIENT_UNAVAILABLE';
    const told = await Promise.all([domain.sendOne(ann, toUser(bob)), domain.sendOne(bob, toUser(ann))]);
    expect(told.map(reasonOf)).toEqual([expected, expected]);
  });

  test.each<DirectMessagePolicy>(['anyone', 'friends'])(
    'is judged for each pair by itself where many are judged at once, and %s may',
    async (policy) => {
      const domain = start(policy);
      const people: UserRecord[] = [];
      while (people.length < 5) people.push(await domain.makeUser());
      const STANDINGS = [
        ['accepted', 'accepted'],
        ['blocked', null],
        [null, null],
        [null, 'blocked'],
        ['requested', null],
      ] as const;
      const pairs = people.flatMap((low, n) => people.slice(n + 1).map((high) => [low, high] as const));
      const wanted = pairs.map(([low, high], n) => ({ low, high, standing: STANDINGS[n % 5] ?? STANDINGS[0] }));
      for (const { low, high, standing } of wanted) await set(low, high, standing[0], standing[1]);
      const told = await Promise.all(wanted.map(({ low, high }) => domain.sendOne(low, toUser(high))));
      expect(reads).toBeLessThan(pairs.length);
      expect(told.map(({ ok }) => ok)).toEqual(
        wanted.map(({ standing: [mine, theirs] }) =>
          policy === 'friends' ? mine === 'accepted' : mine !== 'blocked' && theirs !== 'blocked',
        ),
      );
    },
  );

  test.each<DirectMessagePolicy>(['anyone', 'friends'])(
    'a deleted account is written to by nobody, and writes to nobody, where %s may',
    async (policy) => {
      const domain = start(policy);
      const [ann, bob, cyd] = [await domain.makeUser(), await domain.makeUser(), await domain.makeUser()];
      await set(ann, bob, 'accepted', 'accepted');
      await set(ann, cyd, 'accepted', 'accepted');
      await store.transact((tx) => tx.accounts.beginDeletion(bob.id));
      const told = [await domain.sendOne(ann, toUser(bob)), await domain.sendOne(bob, toUser(ann))];
      expect(told.map(reasonOf)).toEqual(['RECIPIENT_UNAVAILABLE', 'RECIPIENT_UNAVAILABLE']);
      expect((await domain.sendOne(ann, toUser(cyd))).ok).toBe(true);
    },
  );

  test('blocked and friends only are the same answer', async () => {
    const domain = start('friends');
    const [ann, bob, cyd] = [await domain.makeUser(), await domain.makeUser(), await domain.makeUser()];
    await set(ann, bob, null, 'blocked');
    const told = [await domain.sendOne(ann, toUser(bob)), await domain.sendOne(ann, toUser(cyd))];
    expect(told[0]).toEqual({ ...told[1], clientMessageId: told[0]?.clientMessageId });
  });
});

describe('the answer', () => {
  test('is read once, and again when the version has changed', async () => {
    const domain = start();
    const [ann, bob] = [await domain.makeUser(), await domain.makeUser()];
    for (let n = 0; n < 3; n += 1) await domain.sendOne(ann, toUser(bob));
    expect(reads).toBe(1);
    await set(ann, bob, null, 'blocked');
    for (let n = 0; n < 3; n += 1) {
      expect(reasonOf(await domain.sendOne(ann, toUser(bob)))).toBe('RECIPIENT_UNAVAILABLE');
    }
    expect(reads).toBe(2);
  });

  test('of many conversations is read for all of them at once', async () => {
    const domain = start();
    const ann = await domain.makeUser();
    const others: UserRecord[] = [];
    while (others.length < 10) others.push(await domain.makeUser());
    const group = await createGroup(domain, ann, {
      ...{ name: 'team', description: '', joinPolicy: 'open', memberLimit: 0, requestId: '' },
    });
    for (const other of others) await store.log.ensureDirect(ann.id, other.id);
    const told = await Promise.all([
      ...others.map((other) => domain.sendOne(ann, toUser(other))),
      domain.sendOne(ann, toGroup(group)),
    ]);
    expect(told.every(({ ok }) => ok)).toBe(true);
    expect(reads).toBeLessThanOrEqual(told.length / 2);
  });

  test('that was learnt in a transaction which failed is as good as any', async () => {
    let failing = true;
    const flaky = withTransactions(store, async (run) => {
      if (!failing) return run();
      return run((tx) => withLog(tx, { append: () => Promise.reject(new StoreUnavailable('down')) }));
    });
    const domain = new Domain(store, { journalStore: flaky, policy: 'friends' });
    const [ann, bob] = [await domain.makeUser(), await domain.makeUser()];
    await set(ann, bob, 'accepted', 'accepted');
    expect(reasonOf(await domain.sendOne(ann, toUser(bob)))).toBe('STORE_UNAVAILABLE');
    failing = false;
    await set(ann, bob, null, null);
    expect(reasonOf(await domain.sendOne(ann, toUser(bob)))).toBe('RECIPIENT_UNAVAILABLE');
  });
});

test('of sends that cross a leaving, those before it are stored, those after it are refused, however warm the cache', async () => {
  const domain = start();
  const [ann, bob] = [await domain.makeUser(), await domain.makeUser()];
  const membership = new Membership(domain);
  const group = await createGroup(domain, ann, {
    ...{ name: 'team', description: '', joinPolicy: 'open', memberLimit: 0, requestId: '' },
  });
  const leaveAmong = async (sends: number, before: number) => {
    await membership.join(bob, group.id);
    expect((await domain.sendOne(bob, toGroup(group))).ok).toBe(true);
    const outcomes: ReturnType<typeof domain.sendOne>[] = [];
    let left: Promise<void> | undefined;
    for (let n = 0; n < sends; n += 1) {
      if (n === before) left = membership.leave(bob, group.id);
      outcomes.push(domain.sendOne(bob, toGroup(group), `message ${n}`));
      if (n % 5 === 4) await new Promise<void>((resolve) => setImmediate(resolve));
    }
    await left;
    const late = await domain.sendOne(bob, toGroup(group));
    const told = await Promise.all(outcomes);
    const log = await store.log.read(group.conversationId, 0, { limit: 10_000, maxBytes: 1e9 });
    const leftSeq = log.findLast(({ body }) => body.kind === 'membership' && body.change === 'left')?.seq ?? NaN;
    const seqs = told.flatMap((outcome) => (outcome.ok ? [outcome.receipt.seq] : []));
    for (const seq of seqs) expect(seq).toBeLessThan(leftSeq);
    expect(log.at(-1)?.seq).toBe(leftSeq);
    for (const outcome of told) expect([undefined, 'NOT_A_MEMBER']).toContain(reasonOf(outcome));
    expect(reasonOf(late)).toBe('NOT_A_MEMBER');
    return { stored: seqs.length, refused: told.length - seqs.length };
  };
  const crossings: Awaited<ReturnType<typeof leaveAmong>>[] = [];
  for (const before of [0, 5, 10, 25, 45]) crossings.push(await leaveAmong(50, before));
  // The test is worth something only where some came before and some after.
  expect(crossings.some(({ stored, refused }) => stored > 0 && refused > 0)).toBe(true);
});
