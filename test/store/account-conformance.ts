import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { DuplicateKey } from '../../server/store/seam/failures.ts';
import type { World } from './world.ts';

/** Accounts and sessions. */
export function accountConformance(world: () => World): void {
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
      deviceName: 'ph😀ne',
      createdAt: 5,
      expiresAt: 9,
    });
    expect(session).toMatchObject({ userId: user.id, deviceName: 'ph😀ne', createdAt: 5, lastUsedAt: 5, expiresAt: 9 });
    expect(await sessions.find(tokenHash)).toEqual({ session, user });
    expect(await sessions.find(new Uint8Array(32))).toBeUndefined();
    const again = { tokenHash, userId: user.id, deviceName: '', createdAt: 5, expiresAt: 9 };
    await expect(sessions.insert(again)).rejects.toMatchObject({ name: 'DuplicateKey', key: 'session_token_hash' });
  });

  test('uses of a session never move its times backwards, nor bring it back', async () => {
    const { sessions } = world().store;
    const user = await world().user();
    const tokenHash = randomBytes(32);
    const { id } = await sessions.insert({ tokenHash, userId: user.id, deviceName: '', createdAt: 5, expiresAt: 50 });
    await sessions.touch([
      { id, lastUsedAt: 20, expiresAt: 70 },
      { id, lastUsedAt: 10, expiresAt: 60 },
    ]);
    await sessions.touch([{ id, lastUsedAt: 15, expiresAt: 80 }]);
    await sessions.touch([]);
    expect((await sessions.find(tokenHash))?.session).toMatchObject({ lastUsedAt: 20, expiresAt: 80 });
    expect(await sessions.delete(id)).toBe(true);
    expect(await sessions.delete(id)).toBe(false);
    await sessions.touch([{ id, lastUsedAt: 99, expiresAt: 99 }]);
    expect(await sessions.find(tokenHash)).toBeUndefined();
  });

  test('expired sessions are deleted, and only those', async () => {
    const { sessions } = world().store;
    const user = await world().user();
    await sessions.deleteExpired(1_000);
    const tokens = [998, 999, 1_000, 1_001].map((expiresAt) => ({ tokenHash: randomBytes(32), expiresAt }));
    for (const token of tokens) await sessions.insert({ ...token, userId: user.id, deviceName: '', createdAt: 1 });
    expect(await sessions.deleteExpired(1_000)).toBe(2);
    expect(await sessions.find(tokens[1]!.tokenHash)).toBeUndefined();
    expect(await sessions.find(tokens[2]!.tokenHash)).toBeDefined();
  });
}
