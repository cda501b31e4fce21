import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { openMemoryStore, RecordingBus, silentEvents } from '../../test/domain/domain.ts';
import { ManualClock } from '../../test/domain/manual-clock.ts';
import { withMethods } from '../../test/domain/with-methods.ts';
import { StoreUnavailable } from '../store/seam/failures.ts';
import type { Store } from '../store/seam/store.ts';
import { Accounts } from './accounts.ts';
import { PasswordHasher } from './password-hasher.ts';
import { Sessions } from './sessions.ts';
import { hashToken } from './tokens.ts';

const PASSWORD = 'correct horse';
const IDLE_TTL_MS = 3_600_000;

/** Counts what is hashed and verified. */
class CountingHasher extends PasswordHasher {
  hashed = 0;
  verified = 0;

  override hash(password: string): Promise<string> {
    this.hashed += 1;
    return super.hash(password);
  }

  override verify(...args: Parameters<PasswordHasher['verify']>): Promise<boolean> {
    this.verified += 1;
    return super.verify(...args);
  }
}

let store: Store;
let bus: RecordingBus;
let clock: ManualClock;
let hasher: CountingHasher;
let sessions: Sessions;
let accounts: Accounts;

beforeEach(async () => {
  store = await openMemoryStore();
  bus = new RecordingBus();
  clock = new ManualClock();
  hasher = new CountingHasher({ concurrency: 2, queueLimit: 50 });
  sessions = new Sessions({ store, bus, clock, events: silentEvents }, { idleTtlMs: IDLE_TTL_MS });
  accounts = new Accounts({ store, sessions, hasher, clock, events: silentEvents });
});

afterEach(async () => {
  await sessions[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
});

describe('registering', () => {
  test('keeps the name as it was given, and the password as an argon2id hash', async () => {
    const user = await accounts.register('Ann', PASSWORD);
    expect(user.name).toBe('Ann');
    const credentials = await store.accounts.credentials({ id: user.id });
    expect(credentials?.passwordHash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  });

  test('of two that register the same name at once, one gets it', async () => {
    const told = await Promise.allSettled([accounts.register('ann', PASSWORD), accounts.register('ANN', PASSWORD)]);
    const refused = told.filter((result) => result.status === 'rejected');
    expect(refused).toEqual([expect.objectContaining({ reason: expect.objectContaining({ reason: 'NAME_TAKEN' }) })]);
  });

  test('a name that is taken, or none, costs no hash', async () => {
    await accounts.register('ann', PASSWORD);
    await expect(accounts.register('ANN', PASSWORD)).rejects.toMatchObject({ reason: 'NAME_TAKEN' });
    await expect(accounts.register('a', PASSWORD)).rejects.toMatchObject({ reason: 'INVALID_FIELD' });
    await expect(accounts.register('bob', 'short')).rejects.toMatchObject({ reason: 'INVALID_FIELD' });
    expect(hasher.hashed).toBe(1);
  });

  test('a name is not called taken where the store is down', async () => {
    const insert = () => Promise.reject(new StoreUnavailable('down'));
    const down = withMethods(store, { accounts: withMethods(store.accounts, { insert }) });
    const unlucky = new Accounts({ store: down, sessions, hasher, clock, events: silentEvents });
    await expect(unlucky.register('ann', PASSWORD)).rejects.toThrow(StoreUnavailable);
  });

  test.each([
    ['a'.repeat(7), false],
    ['a'.repeat(8), true],
    ['🦊'.repeat(256), true],
    ['a'.repeat(257), false],
  ])('a password of the wrong length is refused', async (password, allowed) => {
    const registered = accounts.register('ann', password);
    if (allowed) await registered;
    else await expect(registered).rejects.toMatchObject({ violations: [{ field: 'password' }] });
  });
});

describe('logging in', () => {
  test('by name in any case, or by id', async () => {
    const { id } = await accounts.register('Straße', PASSWORD);
    for (const who of [{ name: 'STRASSE' }, { id }]) {
      expect((await accounts.login(who, PASSWORD, 'laptop')).user.id).toBe(id);
    }
  });

  test('an unknown name and a wrong password get the same answer for the same work', async () => {
    await accounts.register('ann', PASSWORD);
    const attempts = [{ name: 'ann' }, { name: 'nobody' }, { name: '' }, { id: 999 }];
    const told: unknown[] = [];
    for (const who of attempts)
      told.push(await accounts.login(who, 'wrong password', '').catch((error: unknown) => error));
    for (const error of told) expect(error).toEqual(told[0]);
    expect(told[0]).toMatchObject({ reason: 'CREDENTIALS_INVALID', violations: [], metadata: {} });
    expect(hasher.verified).toBe(attempts.length);
  });

  test('gives a token of 256 bits, of which only the hash is kept', async () => {
    await accounts.register('ann', PASSWORD);
    const { token, session } = await accounts.login({ name: 'ann' }, PASSWORD, '');
    expect(Buffer.from(token, 'base64url')).toHaveLength(32);
    expect((await store.sessions.find(hashToken(token)))?.session.id).toBe(session.id);
    expect(await store.sessions.find(Buffer.from(token, 'base64url'))).toBeUndefined();
    const other = await accounts.login({ name: 'ann' }, PASSWORD, '');
    expect(other.token).not.toBe(token);
  });
});

test('logging out ends the session of that token, no other', async () => {
  await accounts.register('ann', PASSWORD);
  const [here, there] = [
    await accounts.login({ name: 'ann' }, PASSWORD, 'here'),
    await accounts.login({ name: 'ann' }, PASSWORD, 'there'),
  ];
  await accounts.logout(await sessions.authenticate(here.token));
  await expect(sessions.authenticate(here.token)).rejects.toMatchObject({ reason: 'TOKEN_INVALID' });
  expect((await sessions.authenticate(there.token)).session.deviceName).toBe('there');
  expect(bus.published).toMatchObject([{ event: { type: 'session-revoked', sessionId: here.session.id } }]);
});

test('logging out fails where the session could not be ended', async () => {
  await accounts.register('ann', PASSWORD);
  const { token } = await accounts.login({ name: 'ann' }, PASSWORD, '');
  const broken = withMethods(sessions, { revoke: () => Promise.reject(new StoreUnavailable('down')) });
  const unlucky = new Accounts({ store, sessions: broken, hasher, clock, events: silentEvents });
  await expect(unlucky.logout(await sessions.authenticate(token))).rejects.toThrow(StoreUnavailable);
});

test('a user is found by name in any case or by id, and nobody else', async () => {
  const ann = await accounts.register('Ann', PASSWORD);
  for (const who of [{ name: 'aNN' }, { name: 'ａｎｎ' }, { id: ann.id }])
    expect(await accounts.find(who)).toEqual(ann);
  for (const who of [{ name: 'anna' }, { name: '' }, { id: ann.id + 1 }]) {
    await expect(accounts.find(who)).rejects.toMatchObject({ reason: 'USER_NOT_FOUND' });
  }
});

test.each([
  ['🦊'.repeat(64), true],
  ['x'.repeat(65), false],
])('a device’s name is measured in characters: %s', async (deviceName, allowed) => {
  await accounts.register('ann', PASSWORD);
  const login = accounts.login({ name: 'ann' }, PASSWORD, deviceName);
  if (allowed) expect((await login).session.deviceName).toBe(deviceName);
  else await expect(login).rejects.toMatchObject({ violations: [{ field: 'device_name' }] });
});
