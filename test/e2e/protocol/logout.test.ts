import { status } from '@grpc/grpc-js';
import { beforeEach, describe, expect, test } from '@jest/globals';

import { AuthServiceService } from '../../../proto/gen/parley/v1/auth_service.pb.ts';
import { GoAwayReason } from '../../../proto/gen/parley/v1/chat.pb.ts';
import { ENGINES } from '../../cluster/start-server.ts';
import { hello, HELLO_DONE, textOf, toUser } from './frames.ts';
import type { RawUser } from './raw-user.ts';
import { useStage } from './stage.ts';

const AT_ONCE_MS = 1_000;
const REVOKED = { code: status.UNAUTHENTICATED, reason: 'TOKEN_INVALID' };

describe.each(ENGINES)('logging out, on %s', (engine) => {
  const stage = useStage(engine);
  let ann: RawUser;
  beforeEach(async () => {
    ann = await stage().user('ann');
  });

  test('ends all streams of the session with go_away, within a second', async () => {
    const chats = [await ann.connect(), await ann.connect()];
    const begun = performance.now();
    await ann.call(AuthServiceService.logout, {});
    for (const chat of chats) {
      expect(await chat.status()).toMatchObject(REVOKED);
      expect(performance.now() - begun).toBeLessThan(AT_ONCE_MS);
      expect(chat.waiting).toEqual(['goAway']);
      expect(await chat.next('goAway')).toMatchObject({
        reason: GoAwayReason.GO_AWAY_REASON_TOKEN_INVALID,
        reconnect: false,
      });
    }
  });

  test('ends streams that say hello, or hello_done, after it', async () => {
    const [silent, halfway] = [ann.open(), ann.open()];
    halfway.send(hello({ hasCursors: true, logEpoch: 'any' }));
    await halfway.next('welcome');
    await ann.call(AuthServiceService.logout, {});
    silent.send(hello());
    halfway.send(HELLO_DONE);
    expect(await silent.status()).toMatchObject(REVOKED);
    expect(await halfway.status()).toMatchObject(REVOKED);
  });

  test('makes the token worthless for new streams and calls', async () => {
    await ann.call(AuthServiceService.logout, {});
    await expect(ann.call(AuthServiceService.getAccount, { user: undefined })).rejects.toMatchObject(REVOKED);
    await expect(ann.call(AuthServiceService.logout, {})).rejects.toMatchObject(REVOKED);
    const chat = ann.open();
    chat.send(hello());
    expect(await chat.status()).toMatchObject(REVOKED);
    expect(chat.waiting).toEqual([]);
  });

  test('leaves the other sessions of the user as they are', async () => {
    const phone = await ann.logIn('phone');
    const [annChat, phoneChat] = [await ann.connect(), await phone.connect()];
    await ann.call(AuthServiceService.logout, {});
    await annChat.status();
    const bob = await stage().user('bob');
    await (await bob.connect()).say(toUser(ann.id), 'still there?');
    expect((await phoneChat.entries(1)).map(textOf)).toEqual(['still there?']);
  });
});
