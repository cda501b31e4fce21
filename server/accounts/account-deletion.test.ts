import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { Domain, openMemoryStore, reasonOf, silentEvents, toUser } from '../../test/domain/domain.ts';
import { forgetfulStore } from '../../test/domain/forgetful-store.ts';
import { plainHasher } from '../../test/domain/plain-hasher.ts';
import { until } from '../../test/domain/until.ts';
import { withMethods } from '../../test/domain/with-methods.ts';
import { StoreUnavailable } from '../store/seam/failures.ts';
import type { UserRecord } from '../store/seam/records.ts';
import type { Store } from '../store/seam/store.ts';
import { AccountDeletion } from './account-deletion.ts';
import { Accounts } from './accounts.ts';
import { type Caller, Sessions } from './sessions.ts';

const PASSWORD = 'correct horse';
const HOUR_MS = 3_600_000;

const hasher = plainHasher();
let store: Store;
let domain: Domain;
let sessions: Sessions;
let accounts: Accounts;
let ann: Caller;
let bob: UserRecord;
/** Whose groups were left, as they were called then. */
let left: string[];
let leaveGroups: (user: UserRecord) => Promise<void>;

beforeEach(async () => {
  store = await openMemoryStore();
  domain = new Domain(store);
  const { bus, clock } = domain;
  sessions = new Sessions({ store, bus, clock, events: silentEvents }, { idleTtlMs: 24 * HOUR_MS });
  accounts = new Accounts({ store, sessions, hasher, clock, events: silentEvents });
  await accounts.register('ann', PASSWORD);
  ann = await accounts.login({ name: 'ann' }, PASSWORD, '');
  bob = await domain.makeUser();
  left = [];
  leaveGroups = async (user) => void left.push(`${user.id} ${user.name}`);
});

afterEach(async () => {
  await sessions[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
});

function start(over: Store = domain.store): AccountDeletion {
  const { bus, clock } = domain;
  const parts = { store: over, bus, sessions, hasher, clock, events: silentEvents };
  return new AccountDeletion({ ...parts, leaveGroups: (user) => leaveGroups(user) });
}

const underWay = async () => (await store.accounts.deletionsUnderWay(10)).map(({ id }) => id);
const isUsable = async () =>
  (await accounts.login({ id: ann.user.id }, PASSWORD, '').catch(() => undefined)) !== undefined;

async function befriend(): Promise<void> {
  const { id } = await store.log.ensureDirect(ann.user.id, bob.id);
  await store.transact(async (tx) => {
    await tx.log.lock([id], 'wait');
    await tx.friends.set(ann.user.id, bob.id, 'accepted', 0);
    await tx.friends.set(bob.id, ann.user.id, 'accepted', 0);
  });
}

describe('deleting an account', () => {
  test('ends its sessions and friendships, tells so, and leaves nothing under way', async () => {
    await befriend();
    const phone = await accounts.login({ name: 'ann' }, PASSWORD, 'phone');
    using deletion = start();
    await deletion.delete(ann, PASSWORD);
    const told = domain.bus.published.map(({ channel, event }) => ({ channel, ...event }));
    const channel = `user:${ann.user.id}`;
    for (const { session } of [ann, phone]) {
      expect(told).toContainEqual({ channel, type: 'session-revoked', userId: ann.user.id, sessionId: session.id });
    }
    expect(told).toContainEqual({
      channel: `user:${bob.id}`,
      type: 'friendship',
      userId: bob.id,
      friendId: ann.user.id,
    });
    expect(await store.friends.ids(bob.id)).toEqual([]);
    expect(left).toEqual([`${ann.user.id} deleted user`]);
    expect(await underWay()).toEqual([]);
    expect(await isUsable()).toBe(false);
    await expect(accounts.find({ id: ann.user.id })).rejects.toMatchObject({ reason: 'USER_NOT_FOUND' });
  });

  test('wants the password, and does nothing without it', async () => {
    using deletion = start();
    await expect(deletion.delete(ann, 'wrong horse')).rejects.toMatchObject({ reason: 'CREDENTIALS_INVALID' });
    expect(await isUsable()).toBe(true);
    expect(domain.bus.published).toEqual([]);
  });

  test('is refused where the password was changed since it was verified', async () => {
    const changed = withMethods(store, {
      transact: async (work, options) => {
        await store.transact((tx) => tx.accounts.setPasswordHash(ann.user.id, '0:newer horse'));
        return store.transact(work, options);
      },
    } satisfies Pick<Store, 'transact'>);
    using deletion = start(changed);
    await expect(deletion.delete(ann, PASSWORD)).rejects.toMatchObject({ reason: 'CREDENTIALS_INVALID' });
    await accounts.login({ name: 'ann' }, 'newer horse', '');
  });

  test('tells of every session and friend where the answer of a commit was lost', async () => {
    await befriend();
    using deletion = start(forgetfulStore(store));
    await deletion.delete(ann, PASSWORD);
    const types = domain.bus.published.map(({ event }) => event.type).sort();
    expect(types).toEqual(['friendship', 'friendship', 'session-revoked']);
    expect(await underWay()).toEqual([]);
  });

  test('holds for the very next send to it, whatever the journal has cached', async () => {
    const others: UserRecord[] = [];
    // More than go into one transaction.
    while (others.length < 60) others.push(await domain.makeUser());
    const send = async (other: UserRecord) => reasonOf(await domain.sendOne(other, toUser(ann.user)));
    for (const other of others) expect(await send(other)).toBeUndefined();
    using deletion = start();
    await deletion.delete(ann, PASSWORD);
    for (const other of [...others, bob]) expect(await send(other)).toBe('RECIPIENT_UNAVAILABLE');
    expect(reasonOf(await domain.sendOne(ann.user, toUser(others[0]!)))).toBe('RECIPIENT_UNAVAILABLE');
  });

  test('removes a friendship that was made while it began', async () => {
    leaveGroups = async () => undefined;
    const late = withMethods(store, {
      transact: async (work, options) => {
        const result = await store.transact(work, options);
        if (domain.bus.published.length === 0) await befriend();
        return result;
      },
    } satisfies Pick<Store, 'transact'>);
    using deletion = start(late);
    await deletion.delete(ann, PASSWORD);
    const rows = await store.transact((tx) => tx.friends.between([[ann.user.id, bob.id]]));
    expect(rows).toEqual([]);
  });
});

describe('a deletion that was cut off', () => {
  beforeEach(async () => {
    await store.transact((tx) => tx.accounts.beginDeletion(ann.user.id));
  });

  test('is finished at start', async () => {
    using _deletion = start();
    domain.clock.advance(0);
    await until(async () => (await underWay()).length === 0);
    expect(left).toEqual([`${ann.user.id} deleted user`]);
  });

  test('is finished within the hour where another replica began it', async () => {
    await store.transact((tx) => tx.accounts.endDeletion(ann.user.id));
    using _deletion = start();
    domain.clock.advance(0);
    await store.transact((tx) => tx.accounts.beginDeletion(ann.user.id));
    domain.clock.advance(HOUR_MS);
    await until(async () => (await underWay()).length === 0);
  });

  test('does not hold up the others, and is tried again a minute later', async () => {
    await store.transact((tx) => tx.accounts.beginDeletion(bob.id));
    let down = true;
    leaveGroups = async ({ id }) => {
      if (down && id === ann.user.id) throw new StoreUnavailable('down');
    };
    using _deletion = start();
    domain.clock.advance(0);
    await until(async () => (await underWay()).join() === String(ann.user.id));
    down = false;
    await until(async () => {
      domain.clock.advance(60_000);
      return (await underWay()).length === 0;
    });
  });

  test('is told as done to the one who asked, and finished a minute later', async () => {
    await accounts.register('cyd', PASSWORD);
    const cyd = await accounts.login({ name: 'cyd' }, PASSWORD, '');
    let tries = 0;
    leaveGroups = async () => {
      if ((tries += 1) === 1) throw new StoreUnavailable('down');
    };
    await store.transact((tx) => tx.accounts.endDeletion(ann.user.id));
    using deletion = start();
    domain.clock.advance(0);
    await deletion.delete(cyd, PASSWORD);
    expect(await underWay()).toEqual([cyd.user.id]);
    domain.clock.advance(60_000);
    await until(async () => (await underWay()).length === 0);
  });

  test('leaves no timer once it is disposed, even in the middle of its work', async () => {
    const gate = Promise.withResolvers<void>();
    leaveGroups = () => gate.promise.then(() => Promise.reject(new Error('closed')));
    await sessions[Symbol.asyncDispose]();
    const deletion = start();
    domain.clock.advance(0);
    await new Promise<void>((resolve) => setImmediate(resolve));
    deletion[Symbol.dispose]();
    gate.resolve();
    await new Promise<void>((resolve) => setImmediate(resolve));
    expect(domain.clock.timers).toBe(0);
  });
});
