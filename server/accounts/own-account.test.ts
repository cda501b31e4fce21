import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { Domain, openMemoryStore, silentEvents, withTransactions } from '../../test/domain/domain.ts';
import { forgetfulStore } from '../../test/domain/forgetful-store.ts';
import { plainHasher } from '../../test/domain/plain-hasher.ts';
import type { Store } from '../store/seam/store.ts';
import { Accounts } from './accounts.ts';
import { OwnAccount } from './own-account.ts';
import { type Caller, Sessions } from './sessions.ts';

const PASSWORD = 'correct horse';
const NEW_PASSWORD = 'another horse';
const REFUSED = { reason: 'CREDENTIALS_INVALID' };

const hasher = plainHasher();
let store: Store;
let domain: Domain;
let sessions: Sessions;
let accounts: Accounts;
let ann: Caller;
/** Whose friends were told of a change of who sees their presence. */
let settingChanged: number[];

beforeEach(async () => {
  settingChanged = [];
  store = await openMemoryStore();
  domain = new Domain(store);
  const { bus, clock } = domain;
  sessions = new Sessions({ store, bus, clock, events: silentEvents }, { idleTtlMs: 3_600_000 });
  accounts = new Accounts({ store, sessions, hasher, clock, events: silentEvents });
  await accounts.register('Ann', PASSWORD);
  ann = await logIn(PASSWORD);
});

afterEach(async () => {
  await sessions[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
});

function start(over: Store = domain.store): OwnAccount {
  const presenceNews = { settingChanged: (userId: number) => void settingChanged.push(userId) };
  return new OwnAccount({ store: over, bus: domain.bus, sessions, hasher, presenceNews, events: silentEvents });
}

const logIn = (password: string): Promise<Caller> => accounts.login({ name: 'ann' }, password, '');
const openSessions = async () =>
  (await sessions.list(ann.user.id, { beforeId: Number.MAX_SAFE_INTEGER, limit: 100 })).map(({ id }) => id);
const revoked = () =>
  domain.bus.published.flatMap(({ event }) => (event.type === 'session-revoked' ? [event.sessionId] : []));

describe('changing the password', () => {
  test('ends the other sessions, and tells so only when it is done', async () => {
    const [phone, tablet] = [await logIn(PASSWORD), await logIn(PASSWORD)];
    let told: number[] | undefined;
    const watched = withTransactions(store, async (run) => {
      const result = await run();
      told = revoked();
      return result;
    });
    await start(watched).changePassword(ann, PASSWORD, NEW_PASSWORD);
    expect(told).toEqual([]);
    expect(revoked().sort()).toEqual([phone.session.id, tablet.session.id]);
    expect(await openSessions()).toEqual([ann.session.id]);
    await expect(logIn(PASSWORD)).rejects.toMatchObject(REFUSED);
    await logIn(NEW_PASSWORD);
  });

  test('is made once, and tells of every session, where the answer of the commit was lost', async () => {
    const phone = await logIn(PASSWORD);
    await start(forgetfulStore(store)).changePassword(ann, PASSWORD, NEW_PASSWORD);
    expect(revoked()).toEqual([phone.session.id]);
    await logIn(NEW_PASSWORD);
  });

  test('of two that verified the same password, the second to come is refused', async () => {
    const own = start();
    const results = await Promise.allSettled([
      own.changePassword(ann, PASSWORD, NEW_PASSWORD),
      own.changePassword(ann, PASSWORD, NEW_PASSWORD),
    ]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(results.find(({ status }) => status === 'rejected')).toMatchObject({ reason: REFUSED });
  });

  test('lets no login in that verified the password before, and came to its session after', async () => {
    const gate = Promise.withResolvers<void>();
    const slow = plainHasher();
    const verify = slow.verify.bind(slow);
    slow.verify = async (...args) => {
      const matches = await verify(...args);
      await gate.promise;
      return matches;
    };
    const late = new Accounts({ store, sessions, hasher: slow, clock: domain.clock, events: silentEvents });
    const login = late.login({ name: 'ann' }, PASSWORD, 'late');
    await start().changePassword(ann, PASSWORD, NEW_PASSWORD);
    gate.resolve();
    await expect(login).rejects.toMatchObject(REFUSED);
    expect(await openSessions()).toEqual([ann.session.id]);
  });

  test.each([
    ['a wrong password', 'wrong horse', NEW_PASSWORD, 'CREDENTIALS_INVALID'],
    ['a new one that is too short', PASSWORD, 'short', 'INVALID_FIELD'],
  ])('is refused with %s, and ends nothing', async (_what, current, next, reason) => {
    await logIn(PASSWORD);
    await expect(start().changePassword(ann, current, next)).rejects.toMatchObject({ reason });
    expect(await openSessions()).toHaveLength(2);
    expect(domain.bus.published).toEqual([]);
  });
});

describe('changing the account', () => {
  test('keeps the rest, gives what it is now, and tells the user’s streams', async () => {
    const own = start();
    const { user, settings } = await own.update(ann, { name: 'Anne' }, 'name');
    expect({ user, settings }).toEqual({ user: { ...ann.user, name: 'Anne' }, settings: { presenceHidden: false } });
    expect(settingChanged).toEqual([]);
    expect(await own.update(ann, { presenceHidden: true }, 'name')).toEqual({
      user,
      settings: { presenceHidden: true },
    });
    expect(await own.settings(ann.user.id)).toEqual({ presenceHidden: true });
    expect(settingChanged).toEqual([ann.user.id]);
    const event = { type: 'account-changed', userId: ann.user.id };
    expect(domain.bus.published).toEqual(Array(2).fill({ channel: `user:${ann.user.id}`, event }));
  });

  test('refuses a name that is taken, or none, and then tells nobody', async () => {
    await accounts.register('Bob', PASSWORD);
    const own = start();
    await expect(own.update(ann, { name: 'BOB', presenceHidden: true }, 'name')).rejects.toMatchObject({
      reason: 'NAME_TAKEN',
    });
    await expect(own.update(ann, { name: 'a' }, 'account.name')).rejects.toMatchObject({
      violations: [{ field: 'account.name' }],
    });
    expect(await own.settings(ann.user.id)).toEqual({ presenceHidden: false });
    expect([...domain.bus.published, ...settingChanged]).toEqual([]);
  });

  test('is not made to an account that was deleted meanwhile', async () => {
    await store.transact((tx) => tx.accounts.beginDeletion(ann.user.id));
    await expect(start().update(ann, { name: 'Anne' }, 'name')).rejects.toMatchObject({ reason: 'TOKEN_INVALID' });
    expect(await store.accounts.byId(ann.user.id)).toMatchObject({ name: 'deleted user' });
  });
});
