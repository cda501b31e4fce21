import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { DuplicateKey } from '../../server/store/seam/failures.ts';
import type { NewSession } from '../../server/store/seam/accounts.ts';
import type { SessionRecord, UserRecord } from '../../server/store/seam/records.ts';
import type { Store } from '../../server/store/seam/store.ts';
import type { World } from './world.ts';

/** Accounts and sessions. */
export function accountConformance(world: () => World): void {
  /** A session of a user of this world, whose password hash is 'hash'. */
  async function openSession(user: UserRecord, session: Partial<NewSession> = {}): Promise<SessionRecord> {
    const opened = await world().store.sessions.insert({
      tokenHash: randomBytes(32),
      userId: user.id,
      passwordHash: 'hash',
      deviceName: '',
      createdAt: 1,
      expiresAt: 1_000,
      ...session,
    });
    return opened!;
  }

  test('an account is found by id and folded name, its password hash only when asked for', async () => {
    const { accounts } = world().store;
    const made = await accounts.insert({
      name: 'Ånn 😀',
      foldedName: 'ånn 😀',
      passwordHash: '$argon2id$x',
      createdAt: 1_764_000_000_123,
    });
    const expected = { id: made.id, name: 'Ånn 😀', createdAt: 1_764_000_000_123, deleted: false };
    expect(made).toEqual(expected);
    expect(await accounts.byId(made.id)).toEqual(expected);
    expect(await accounts.byFoldedName('ånn 😀')).toEqual(expected);
    expect(await accounts.credentials({ id: made.id })).toEqual({ ...expected, passwordHash: '$argon2id$x' });
    expect(await accounts.credentials({ foldedName: 'nobody' })).toBeUndefined();
    expect(await accounts.byId(made.id + 1_000_000)).toBeUndefined();
  });

  test('a folded name is taken once, and compared byte by byte', async () => {
    const { accounts } = world().store;
    const account = { name: 'x', passwordHash: 'h', createdAt: 1 };
    await accounts.insert({ ...account, foldedName: 'same' });
    const refused = accounts.insert({ ...account, foldedName: 'same' });
    await expect(refused).rejects.toThrow(DuplicateKey);
    await expect(refused).rejects.toMatchObject({ key: 'user_folded_name' });
    for (const foldedName of ['same ', 'Same', 'sàme', 'same\0']) {
      await expect(accounts.insert({ ...account, foldedName })).resolves.toMatchObject({ name: 'x' });
    }
    expect((await accounts.byFoldedName('same '))?.id).not.toBe((await accounts.byFoldedName('same'))?.id);
  });

  test('of many that want one name at once, one gets it', async () => {
    const { accounts } = world().store;
    const account = { name: 'r', foldedName: 'race', passwordHash: 'h', createdAt: 1 };
    const results = await Promise.allSettled(Array.from({ length: 12 }, () => accounts.insert(account)));
    const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as Error] : []));
    expect(refused).toHaveLength(11);
    for (const reason of refused) expect(reason).toBeInstanceOf(DuplicateKey);
  });

  test('a session is found by its token hash, together with its user', async () => {
    const { sessions } = world().store;
    const user = await world().user();
    const tokenHash = new Uint8Array(randomBytes(32));
    const session = await sessions.insert({
      tokenHash,
      userId: user.id,
      passwordHash: 'hash',
      deviceName: 'ph😀ne',
      createdAt: 5,
      expiresAt: 9,
    });
    expect(session).toMatchObject({ userId: user.id, deviceName: 'ph😀ne', createdAt: 5, lastUsedAt: 5, expiresAt: 9 });
    expect(await sessions.find(tokenHash)).toEqual({ session, user });
    expect(await sessions.find(new Uint8Array(32))).toBeUndefined();
    const again = { tokenHash, userId: user.id, passwordHash: 'hash', deviceName: '', createdAt: 5, expiresAt: 9 };
    await expect(sessions.insert(again)).rejects.toMatchObject({ name: 'DuplicateKey', key: 'session_token_hash' });
  });

  test('uses of a session never move its times backwards, nor bring it back', async () => {
    const { sessions } = world().store;
    const user = await world().user();
    const tokenHash = randomBytes(32);
    const { id } = await openSession(user, { tokenHash, createdAt: 5, expiresAt: 50 });
    await sessions.touch([
      { id, lastUsedAt: 20, expiresAt: 70 },
      { id, lastUsedAt: 10, expiresAt: 60 },
    ]);
    await sessions.touch([{ id, lastUsedAt: 15, expiresAt: 80 }]);
    await sessions.touch([]);
    expect((await sessions.find(tokenHash))?.session).toMatchObject({ lastUsedAt: 20, expiresAt: 80 });
    expect(await sessions.delete(user.id, id)).toBe(true);
    expect(await sessions.delete(user.id, id)).toBe(false);
    await sessions.touch([{ id, lastUsedAt: 99, expiresAt: 99 }]);
    expect(await sessions.find(tokenHash)).toBeUndefined();
  });

  test('of sessions, those that are still there are told, with their users as they are now', async () => {
    const { store } = world();
    const users = await world().users(3);
    const opened = await Promise.all(users.map((user) => openSession(user)));
    const ids = opened.map(({ id }) => id);
    await store.sessions.delete(users[1]!.id, ids[1]!);
    await store.transact(async (tx) => {
      await tx.accounts.lock(users[2]!.id);
      await tx.accounts.rename(users[2]!.id, 'other', `other-${users[2]!.id}`);
    });
    const current = await store.sessions.current([...ids, 9_000_000]);
    expect(new Map(current.map(({ id, user }) => [id, user]))).toEqual(
      new Map([
        [ids[0], users[0]],
        [ids[2], { ...users[2], name: 'other' }],
      ]),
    );
    expect(await store.sessions.current([])).toEqual([]);
  });

  test('expired sessions are deleted, and only those', async () => {
    const { sessions } = world().store;
    const user = await world().user();
    await sessions.deleteExpired(1_000);
    const tokens = [998, 999, 1_000, 1_001].map((expiresAt) => ({ tokenHash: randomBytes(32), expiresAt }));
    for (const token of tokens) await openSession(user, token);
    expect(await sessions.deleteExpired(1_000)).toBe(2);
    expect(await sessions.find(tokens[1]!.tokenHash)).toBeUndefined();
    expect(await sessions.find(tokens[2]!.tokenHash)).toBeDefined();
  });

  test('no session is opened with a password that is not the present one', async () => {
    const { sessions, accounts, transact } = bound(world().store);
    const user = await world().user();
    const tokenHash = randomBytes(32);
    const attempt = (passwordHash: string, userId = user.id) =>
      sessions.insert({ tokenHash, userId, passwordHash, deviceName: '', createdAt: 1, expiresAt: 9 });
    await transact((tx) => tx.accounts.setPasswordHash(user.id, 'newer'));
    expect(await accounts.credentials({ id: user.id })).toMatchObject({ passwordHash: 'newer' });
    expect(await attempt('hash')).toBeUndefined();
    expect(await attempt('hash', user.id + 1_000_000)).toBeUndefined();
    expect(await sessions.find(tokenHash)).toBeUndefined();
    expect(await attempt('newer')).toMatchObject({ userId: user.id });
  });

  test('a session is deleted only as that of its user', async () => {
    const { sessions } = world().store;
    const [user, other] = await world().pair();
    const { id } = await openSession(user);
    expect(await sessions.delete(other.id, id)).toBe(false);
    expect(await sessions.delete(user.id, id)).toBe(true);
  });

  test('sessions are listed from the newest on, in pages, without the expired', async () => {
    const { sessions } = world().store;
    const [user, other] = await world().pair();
    const opened: SessionRecord[] = [];
    for (const expiresAt of [50, 100, 101, 500, 900]) opened.push(await openSession(user, { expiresAt }));
    await openSession(other);
    const [, , third, fourth, fifth] = opened;
    const from = (beforeId: number) => sessions.list(user.id, 100, { beforeId, limit: 2 });
    expect(await from(Number.MAX_SAFE_INTEGER)).toEqual([fifth, fourth]);
    expect(await from(fourth!.id)).toEqual([third]);
    expect(await from(third!.id)).toEqual([]);
  });

  test('all sessions of a user are deleted but one, or all', async () => {
    const { sessions, transact } = bound(world().store);
    const [user, other] = await world().pair();
    const [a, b, c] = [await openSession(user), await openSession(user), await openSession(user)];
    await openSession(other);
    const end = (exceptId: number | null) => transact((tx) => tx.accounts.deleteSessions(user.id, exceptId));
    const left = async (userId: number) =>
      (await sessions.list(userId, 0, { beforeId: Number.MAX_SAFE_INTEGER, limit: 9 })).map(({ id }) => id);
    expect((await end(b.id)).sort((x, y) => x - y)).toEqual([a.id, c.id]);
    expect(await left(user.id)).toEqual([b.id]);
    expect(await end(null)).toEqual([b.id]);
    expect(await end(null)).toEqual([]);
    expect(await left(other.id)).toHaveLength(1);
  });

  test('a new name is found, the old one is free, and another account’s is refused', async () => {
    const { accounts, transact } = bound(world().store);
    const [user, other] = await world().pair();
    const rename = (name: string, foldedName: string) =>
      transact((tx) => tx.accounts.rename(user.id, name, foldedName));
    await expect(rename(other.name, other.name)).rejects.toMatchObject({ key: 'user_folded_name' });
    expect(await accounts.byId(user.id)).toEqual(user);
    await rename('Änn', `${user.name}-änn`);
    expect(await accounts.byFoldedName(`${user.name}-änn`)).toEqual({ ...user, name: 'Änn' });
    expect(await accounts.byFoldedName(user.name)).toBeUndefined();
    await rename('ÄNN', `${user.name}-änn`);
    expect((await accounts.byId(user.id))?.name).toBe('ÄNN');
  });

  test('who hides their presence is known by id, among many', async () => {
    const { accounts, transact } = bound(world().store);
    const [a, b, c] = (await world().users(3)) as [UserRecord, UserRecord, UserRecord];
    const hide = (user: UserRecord, hidden: boolean) =>
      transact((tx) => tx.accounts.setPresenceHidden(user.id, hidden));
    await hide(a, true);
    await hide(c, true);
    const ids = [a.id, b.id, c.id];
    expect(await accounts.hiddenPresence([...ids, ...ids])).toEqual(new Set([a.id, c.id]));
    expect(await accounts.hiddenPresence([])).toEqual(new Set());
    expect(await accounts.settings(a.id)).toEqual({ presenceHidden: true });
    await hide(a, false);
    expect(await accounts.settings(a.id)).toEqual({ presenceHidden: false });
    expect(await accounts.hiddenPresence(ids)).toEqual(new Set([c.id]));
    expect(await accounts.settings(c.id + 1_000_000)).toBeUndefined();
  });

  test('an account that is being deleted has no name, no password, and is found until the deletion ends', async () => {
    const { accounts, transact } = bound(world().store);
    const [user, twin, other] = (await world().users(3)) as [UserRecord, UserRecord, UserRecord];
    for (const { id } of [user, twin]) await transact((tx) => tx.accounts.beginDeletion(id));
    const gone = { ...user, name: 'deleted user', deleted: true };
    expect(await accounts.byId(user.id)).toEqual(gone);
    expect(await accounts.byFoldedName(user.name)).toBeUndefined();
    expect(await accounts.credentials({ id: user.id })).toEqual({ ...gone, passwordHash: '' });
    expect(await transact((tx) => tx.accounts.deletedAmong([user.id, other.id, twin.id]))).toEqual(
      new Set([user.id, twin.id]),
    );
    const underWay = async () => (await accounts.deletionsUnderWay(1_000)).map(({ id }) => id);
    expect(await underWay()).toEqual(expect.arrayContaining([user.id, twin.id]));
    expect(await accounts.deletionsUnderWay(1)).toHaveLength(1);

    for (const { id } of [user, twin]) await transact((tx) => tx.accounts.endDeletion(id));
    expect(await accounts.byId(user.id)).toEqual(gone);
    expect(await underWay()).toEqual([]);
    expect(await transact((tx) => tx.accounts.deletedAmong([user.id, other.id]))).toEqual(new Set([user.id]));
  });

  test('who locks an account waits for whoever holds it, and sees what they made of it', async () => {
    const { transact } = bound(world().store);
    const user = await world().user();
    const held = Promise.withResolvers<void>();
    const first = transact(async (tx) => {
      await tx.accounts.lock(user.id);
      held.resolve();
      await new Promise<void>((resolve) => setImmediate(resolve));
      await tx.accounts.setPasswordHash(user.id, 'first');
    });
    await held.promise;
    expect(await transact((tx) => tx.accounts.lock(user.id))).toEqual({ ...user, passwordHash: 'first' });
    await first;
    expect(await transact((tx) => tx.accounts.lock(user.id + 1_000_000))).toBeUndefined();
  });
}

/** The store's `transact`, to be called by itself, beside its parts. */
function bound(store: Store) {
  const { accounts, sessions } = store;
  const transact: Store['transact'] = (work, options) => store.transact(work, options);
  return { accounts, sessions, transact };
}
