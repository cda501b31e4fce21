import { status } from '@grpc/grpc-js';
import { beforeEach, describe, expect, test } from '@jest/globals';

import { AuthServiceService } from '../../../proto/gen/parley/v1/auth_service.pb.ts';
import { GoAwayReason } from '../../../proto/gen/parley/v1/chat.pb.ts';
import { ENGINES } from '../../cluster/start-server.ts';
import { PASSWORD, type RawUser } from './raw-user.ts';
import { useStage } from './stage.ts';

const NEW_PASSWORD = 'another horse altogether';
const REVOKED = { code: status.UNAUTHENTICATED, reason: 'TOKEN_INVALID' };
const WRONG = { code: status.UNAUTHENTICATED, reason: 'CREDENTIALS_INVALID' };

describe.each(ENGINES)('ChangePassword, on %s', (engine) => {
  const stage = useStage(engine);
  let ann: RawUser;
  beforeEach(async () => {
    ann = await stage().user('ann');
  });

  const change = (currentPassword: string, newPassword: string) =>
    ann.call(AuthServiceService.changePassword, { currentPassword, newPassword });
  const logIn = (password: string) => {
    const request = { user: { $case: 'userId', value: ann.id }, password, deviceName: '' } as const;
    return stage().caller.call(AuthServiceService.login, request);
  };

  test('lets in with the new password, no longer with the old one', async () => {
    await change(PASSWORD, NEW_PASSWORD);
    await expect(logIn(PASSWORD)).rejects.toMatchObject(WRONG);
    expect((await logIn(NEW_PASSWORD)).account).toMatchObject({ id: ann.id });
  });

  test('ends all other sessions and their streams, and leaves the one that asks', async () => {
    const [phone, tablet] = [await ann.logIn('phone'), await ann.logIn('tablet')];
    const [annChat, ...others] = [await ann.connect(), await phone.connect(), await tablet.connect()];
    await change(PASSWORD, NEW_PASSWORD);
    for (const chat of others) {
      expect(await chat.status()).toMatchObject(REVOKED);
      const goAway = { reason: GoAwayReason.GO_AWAY_REASON_TOKEN_INVALID, reconnect: false };
      expect(await chat.next('goAway')).toMatchObject(goAway);
    }
    for (const device of [phone, tablet]) {
      await expect(device.call(AuthServiceService.getAccount, { user: undefined })).rejects.toMatchObject(REVOKED);
    }
    await annChat.settled();
    expect(await ann.call(AuthServiceService.getAccount, { user: undefined })).toMatchObject({
      account: { id: ann.id },
    });
  });

  test('is refused with a wrong password, and changes nothing', async () => {
    const phone = await ann.logIn('phone');
    await expect(change('wrong password', NEW_PASSWORD)).rejects.toMatchObject(WRONG);
    expect(await phone.call(AuthServiceService.getAccount, { user: undefined })).toMatchObject({
      account: { id: ann.id },
    });
    await logIn(PASSWORD);
  });

  test('is refused with a new password that is none', async () => {
    for (const newPassword of ['', 'short', 'x'.repeat(257)]) {
      await expect(change(PASSWORD, newPassword)).rejects.toMatchObject({
        code: status.INVALID_ARGUMENT,
        reason: 'INVALID_FIELD',
        fields: ['new_password'],
      });
    }
  });

  test('of two at once from different sessions, one wins and the other is refused', async () => {
    const phone = await ann.logIn('phone');
    const passwords = [NEW_PASSWORD, 'yet another horse'] as const;
    const results = await Promise.allSettled([
      change(PASSWORD, passwords[0]),
      phone.call(AuthServiceService.changePassword, { currentPassword: PASSWORD, newPassword: passwords[1] }),
    ]);
    expect(results.map((result) => result.status).sort()).toEqual(['fulfilled', 'rejected']);
    const winner = results[0].status === 'fulfilled' ? 0 : 1;
    await logIn(passwords[winner]);
    await expect(logIn(passwords[1 - winner]!)).rejects.toMatchObject(WRONG);
    await expect(logIn(PASSWORD)).rejects.toMatchObject(WRONG);
  });
});
