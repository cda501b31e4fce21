import { status } from '@grpc/grpc-js';
import { beforeEach, describe, expect, test } from '@jest/globals';

import { AuthServiceService } from '../../../proto/gen/parley/v1/auth_service.pb.ts';
import { ENGINES } from '../../cluster/start-server.ts';
import type { RawUser } from './raw-user.ts';
import { useStage } from './stage.ts';

const REVOKED = { code: status.UNAUTHENTICATED, reason: 'TOKEN_INVALID' };
const DAY_MS = 86_400_000;

describe.each(ENGINES)('sessions, on %s', (engine) => {
  const stage = useStage(engine);
  let ann: RawUser;
  beforeEach(async () => {
    ann = await stage().user('ann');
  });

  const list = (user: RawUser, pageSize = 0, pageToken = '') =>
    user.call(AuthServiceService.listSessions, { pageSize, pageToken });
  const revoke = (user: RawUser, sessionId: bigint) => user.call(AuthServiceService.revokeSession, { sessionId });
  const currentId = async (user: RawUser) => (await list(user)).sessions.find(({ current }) => current)!.id;
  const devicesOf = async (user: RawUser) => (await list(user)).sessions.map(({ deviceName }) => deviceName);

  test('are listed from the newest on, with the one that asks marked', async () => {
    const phone = await ann.logIn('phone');
    await ann.logIn('tablet');
    const { sessions, nextPageToken } = await list(phone);
    expect(nextPageToken).toBe('');
    expect(sessions.map(({ deviceName, current }) => [deviceName, current])).toEqual([
      ['tablet', false],
      ['phone', true],
      ['', false],
    ]);
    for (const { createTime, lastUseTime, expireTime } of sessions) {
      expect(Math.abs(createTime!.getTime() - Date.now())).toBeLessThan(60_000);
      expect(lastUseTime).toEqual(createTime);
      expect(expireTime!.getTime() - createTime!.getTime()).toBe(30 * DAY_MS);
    }
  });

  test('come page by page, and only with tokens and sizes that are right', async () => {
    for (const device of ['a', 'b', 'c', 'd']) await ann.logIn(device);
    const all = (await list(ann)).sessions;
    const first = await list(ann, 2);
    const second = await list(ann, 2, first.nextPageToken);
    const third = await list(ann, 2, second.nextPageToken);
    expect([first, second, third].flatMap(({ sessions }) => sessions)).toEqual(all);
    expect([first, second, third].map(({ sessions }) => sessions.length)).toEqual([2, 2, 1]);
    expect(third.nextPageToken).toBe('');
    await expect(list(ann, -1)).rejects.toMatchObject({ code: status.INVALID_ARGUMENT, fields: ['page_size'] });
    const foreign = Buffer.from('ListFriends:3').toString('base64url');
    await expect(list(ann, 1, foreign)).rejects.toMatchObject({ reason: 'INVALID_PAGE_TOKEN' });
  });

  test('one that is revoked ends with its streams, and the others stay', async () => {
    const phone = await ann.logIn('phone');
    const [annChat, phoneChat] = [await ann.connect(), await phone.connect()];
    const { id } = (await list(ann)).sessions.find(({ deviceName }) => deviceName === 'phone')!;
    await revoke(ann, id);
    expect(await phoneChat.status()).toMatchObject(REVOKED);
    expect(phoneChat.waiting).toEqual(['goAway']);
    await expect(list(phone)).rejects.toMatchObject(REVOKED);
    await annChat.settled();
    expect(await devicesOf(ann)).toEqual(['']);
    // Gone already: no error.
    await revoke(ann, id);
  });

  test('the one that asks can revoke itself', async () => {
    const id = await currentId(ann);
    const chat = await ann.connect();
    await revoke(ann, id);
    expect(await chat.status()).toMatchObject(REVOKED);
    await expect(list(ann)).rejects.toMatchObject(REVOKED);
  });

  test('those of others can be neither seen nor ended, nor told from such as never were', async () => {
    const bob = await stage().user('bob');
    const [annChat, bobChat] = [await ann.connect(), await bob.connect()];
    const id = await currentId(bob);
    expect(await revoke(ann, id)).toEqual(await revoke(ann, 9_007_199_254_740_991n));
    await annChat.settled();
    await bobChat.settled();
    expect(await devicesOf(bob)).toEqual(['']);
    expect((await list(ann)).sessions.map((session) => session.id)).not.toContain(id);
  });

  test.each([0n, -1n, 2n ** 53n])('%s names none', async (sessionId) => {
    await expect(revoke(ann, sessionId)).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
      reason: 'INVALID_FIELD',
      fields: ['session_id'],
    });
  });
});
