import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { Domain, openMemoryStore, RecordingBus, silentEvents } from '../../test/domain/domain.ts';
import { ManualClock } from '../../test/domain/manual-clock.ts';
import { until } from '../../test/domain/until.ts';
import { withMethods } from '../../test/domain/with-methods.ts';
import type { Credentials, UserRecord } from '../store/seam/records.ts';
import type { SessionStore } from '../store/seam/accounts.ts';
import type { Store } from '../store/seam/store.ts';
import { Sessions } from './sessions.ts';
import { hashToken } from './tokens.ts';

const IDLE_TTL_MS = 3_600_000;
const SWEEP_EVERY_MS = 3_600_000;

let store: Store;
let bus: RecordingBus;
let clock: ManualClock;
let sessions: Sessions;
let ann: UserRecord;
/** What ann has shown to get in. */
let shown: Pick<Credentials, 'id' | 'passwordHash'>;

beforeEach(async () => {
  store = await openMemoryStore();
  bus = new RecordingBus();
  clock = new ManualClock();
  sessions = start();
  ann = await new Domain(store).makeUser();
  shown = { id: ann.id, passwordHash: '-' };
});

afterEach(async () => {
  await sessions[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
});

/** Sessions over the store, some of its methods replaced. */
function start(replaced: Partial<SessionStore> = {}): Sessions {
  const parts = { store: withMethods(store, { sessions: withMethods(store.sessions, replaced) }), bus, clock };
  return new Sessions({ ...parts, events: silentEvents }, { idleTtlMs: IDLE_TTL_MS });
}

const stored = async (token: string) => (await store.sessions.find(hashToken(token)))?.session;
const INVALID = { reason: 'TOKEN_INVALID' };

describe('a session', () => {
  test('is opened by its token, of 256 bits, of which only the hash is kept', async () => {
    const { token, session } = await sessions.open(shown, 'laptop');
    expect(Buffer.from(token, 'base64url')).toHaveLength(32);
    expect(session).toMatchObject({ userId: ann.id, deviceName: 'laptop', expiresAt: clock.now() + IDLE_TTL_MS });
    expect(await sessions.authenticate(token)).toEqual({ user: ann, session });
    expect(await store.sessions.find(Buffer.from(token, 'base64url'))).toBeUndefined();
    expect((await sessions.open(shown, 'laptop')).token).not.toBe(token);
  });

  test.each(['', 'x', 'x'.repeat(43), 'x'.repeat(10_000), '\u0000'])('is not opened by %j', async (token) => {
    await expect(sessions.authenticate(token)).rejects.toMatchObject(INVALID);
  });

  test('ends on the millisecond when it was not used for its time', async () => {
    const { token, session } = await sessions.open(shown, '');
    const unused = start({ touch: async () => undefined });
    clock.advance(IDLE_TTL_MS - 1);
    expect((await unused.authenticate(token)).session).toEqual(session);
    clock.advance(1);
    await expect(unused.authenticate(token)).rejects.toMatchObject(INVALID);
    await unused[Symbol.asyncDispose]();
  });

  test('every use puts its end off', async () => {
    const { token } = await sessions.open(shown, '');
    for (const idleMs of [IDLE_TTL_MS / 2, IDLE_TTL_MS - 2_000]) {
      clock.advance(idleMs);
      const usedAt = clock.now();
      await sessions.authenticate(token);
      clock.advance(1_000);
      await until(async () => (await stored(token))?.expiresAt === usedAt + IDLE_TTL_MS);
    }
    clock.advance(IDLE_TTL_MS + 1);
    await expect(sessions.authenticate(token)).rejects.toMatchObject(INVALID);
  });

  test('is over when it is revoked, and its streams are told; again is no error', async () => {
    const { token, session } = await sessions.open(shown, '');
    expect(await sessions.revoke(session)).toBe(true);
    await expect(sessions.authenticate(token)).rejects.toMatchObject(INVALID);
    const event = { type: 'session-revoked', userId: ann.id, sessionId: session.id };
    expect(bus.published).toEqual([{ channel: `user:${ann.id}`, event }]);
    expect(await sessions.revoke(session)).toBe(false);
    // Told again: the answer of the first try may have been lost on its way.
    expect(bus.published).toHaveLength(2);
  });

  test('is not opened with a password that was changed since it was shown', async () => {
    await store.transact((tx) => tx.accounts.setPasswordHash(ann.id, 'newer'));
    await expect(sessions.open(shown, '')).rejects.toMatchObject({ reason: 'CREDENTIALS_INVALID' });
    expect(await sessions.list(ann.id, { beforeId: Number.MAX_SAFE_INTEGER, limit: 1 })).toEqual([]);
  });

  test('is listed until the millisecond at which it ends', async () => {
    const { session } = await sessions.open(shown, '');
    const listed = () => sessions.list(ann.id, { beforeId: Number.MAX_SAFE_INTEGER, limit: 9 });
    clock.advance(IDLE_TTL_MS - 1);
    expect(await listed()).toEqual([session]);
    clock.advance(1);
    expect(await listed()).toEqual([]);
  });

  test('is not said to be over before it is', async () => {
    const { session } = await sessions.open(shown, '');
    const gate = Promise.withResolvers<void>();
    await using slow = start({
      delete: async (...session) => {
        await gate.promise;
        return store.sessions.delete(...session);
      },
    });
    const revoked = slow.revoke(session).then(() => bus.published.length);
    await new Promise<void>((resolve) => setImmediate(resolve));
    expect(bus.published).toEqual([]);
    gate.resolve();
    expect(await revoked).toBe(1);
  });

  test('goes on where its revocation fails, and nobody is told', async () => {
    const { token, session } = await sessions.open(shown, '');
    await using down = start({ delete: () => Promise.reject(new Error('down')) });
    await expect(down.revoke(session)).rejects.toThrow('down');
    expect(bus.published).toEqual([]);
    expect((await sessions.authenticate(token)).session.id).toBe(session.id);
  });

  test('that is revoked is not brought back by a use that was noted before', async () => {
    const { token, session } = await sessions.open(shown, '');
    clock.advance(60_000);
    await sessions.authenticate(token);
    await sessions.revoke(session);
    clock.advance(1_000);
    await sessions[Symbol.asyncDispose]();
    await expect(sessions.authenticate(token)).rejects.toMatchObject(INVALID);
  });
});

test('a use is noted at most once a minute, those of all sessions in one batch', async () => {
  const batches: number[] = [];
  await using used = start({
    touch: async (uses) => {
      batches.push(uses.length);
      await store.sessions.touch(uses);
    },
  });
  const tokens = [(await used.open(shown, 'a')).token, (await used.open(shown, 'b')).token];
  const useAll = async () => {
    for (const token of tokens) await used.authenticate(token);
    clock.advance(1_000);
  };
  await useAll();
  expect(batches).toEqual([]);
  clock.advance(60_000);
  for (let n = 0; n < 5; n += 1) await useAll();
  expect(batches).toEqual([2]);
  // One record that is kept for long, as a stream keeps it.
  const { session } = await used.authenticate(tokens[0] ?? '');
  for (let second = 0; second < 120; second += 1) {
    used.noteUse(session);
    clock.advance(1_000);
  }
  expect(batches).toEqual([2, 1, 1]);
});

test('a store that is down costs the note of a use, not the call', async () => {
  const { token } = await sessions.open(shown, '');
  const down = start({ touch: () => Promise.reject(new Error('down')) });
  clock.advance(60_000);
  await down.authenticate(token);
  clock.advance(1_000);
  expect((await down.authenticate(token)).user).toEqual(ann);
  await down[Symbol.asyncDispose]();
});

test('expired sessions are deleted within the hour', async () => {
  const { token } = await sessions.open(shown, '');
  clock.advance(IDLE_TTL_MS + SWEEP_EVERY_MS);
  await until(async () => (await stored(token)) === undefined);
});

test('disposing writes what was noted and leaves no timer, even in the middle of a sweep', async () => {
  await sessions[Symbol.asyncDispose]();
  const sweep = Promise.withResolvers<number>();
  const ended = start({ deleteExpired: () => sweep.promise });
  clock.advance(1_000);
  const { token } = await ended.open(shown, '');
  clock.advance(SWEEP_EVERY_MS - 1_000);
  const usedAt = clock.now();
  await ended.authenticate(token);
  await ended[Symbol.asyncDispose]();
  expect((await stored(token))?.lastUsedAt).toBe(usedAt);
  sweep.resolve(0);
  await new Promise<void>((resolve) => setImmediate(resolve));
  expect(clock.timers).toBe(0);
});
