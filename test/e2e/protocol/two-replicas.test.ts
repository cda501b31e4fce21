import { status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { AuthServiceService } from '../../../proto/gen/parley/v1/auth_service.pb.ts';
import { RedisProcess } from '../../cluster/redis-process.ts';
import { startServer } from '../../cluster/start-server.ts';
import { createDatabase } from '../../setup/mariadb.ts';
import { makeTempFolder, removeTempFolder } from '../../setup/temp-folder.ts';
import { numbered, textOf, toGroup, toUser, typing } from './frames.ts';
import type { RawChat } from './raw-chat.ts';
import type { RawUser } from './raw-user.ts';
import { Stage } from './stage.ts';

/** Reading the log anew takes longer: what comes within so long came over Redis. */
const LIVE_MS = 1_000;

describe('two replicas on one MySQL and one Redis', () => {
  let folder: string;
  let redis: RedisProcess;
  let first: Stage;
  let second: Stage;
  let ann: RawUser;
  let bob: RawUser;
  let annChat: RawChat;
  let bobChat: RawChat;

  beforeAll(async () => {
    folder = await makeTempFolder('replicas');
    redis = new RedisProcess(folder);
    await redis.start();
    const database = await createDatabase();
    const start = async () => {
      const environment = { PARLEY_DATABASE_URL: database, PARLEY_REDIS_URL: redis.url };
      return new Stage(await startServer({ engine: 'mysql', environment }));
    };
    first = await start();
    second = await start();
  }, 60_000);
  afterAll(async () => {
    await Promise.all([first.close(), second.close()]);
    await redis.stop();
    await removeTempFolder(folder);
  });

  beforeEach(async () => {
    [ann, bob] = await first.users('ann', 'bob');
    annChat = await ann.connect();
    bobChat = await second.as(bob).connect();
  });
  afterEach(() => Promise.all([first.clear(), second.clear()]));

  async function deliveredTo(chat: RawChat, count: number): Promise<string[]> {
    const texts: string[] = [];
    while (texts.length < count) texts.push(...(await chat.next('deliver', LIVE_MS)).messages.map(textOf));
    return texts;
  }

  test('what is sent at one is delivered at the other, live and in order, both ways', async () => {
    const texts = numbered('from ann', 20);
    for (const text of texts) await annChat.say(toUser(bob.id), text);
    expect(await deliveredTo(bobChat, 20)).toEqual(texts);
    await bobChat.say(toUser(ann.id), 'from bob');
    expect(await deliveredTo(annChat, 1)).toEqual(['from bob']);
  });

  test("so is a group's, and who was invited at one is told at the other", async () => {
    const group = await ann.createGroup('walkers');
    await ann.invite(group, bob);
    expect(await deliveredTo(bobChat, 1)).toEqual(['membershipChange']);
    await annChat.say(toGroup(group.id), 'to all');
    expect(await deliveredTo(bobChat, 1)).toEqual(['to all']);
    await bobChat.say(toGroup(group.id), 'to all, too');
    expect((await deliveredTo(annChat, 3)).at(-1)).toBe('to all, too');
  });

  test('what is never stored is told, too', async () => {
    const { conversationId } = await annChat.say(toUser(bob.id), 'hello');
    annChat.send(typing(toUser(bob.id)));
    expect(await bobChat.next('typing', LIVE_MS)).toMatchObject({ conversationId, userId: ann.id, stopped: false });
  });

  test('a session that is revoked at one ends at the other', async () => {
    const { sessions } = await bob.call(AuthServiceService.listSessions, { pageSize: 0, pageToken: '' });
    await bob.call(AuthServiceService.revokeSession, { sessionId: sessions[0]!.id });
    expect(await bobChat.status()).toMatchObject({ code: status.UNAUTHENTICATED, reason: 'TOKEN_INVALID' });
  });

  test('are soon live again after Redis was killed, without anybody connecting anew', async () => {
    const { conversationId } = await annChat.say(toUser(bob.id), 'before');
    expect(await deliveredTo(bobChat, 1)).toEqual(['before']);
    await redis.restart();
    // Nothing tells a client that the bus is up: what is typed until then is lost.
    for (;;) {
      annChat.send(typing(toUser(bob.id)), typing(toUser(bob.id), true));
      const told = await bobChat.next('typing', 200).catch(() => undefined);
      if (told !== undefined) break;
    }
    const receipt = await annChat.say(toUser(bob.id), 'after');
    expect(receipt.conversationId).toBe(conversationId);
    expect(await deliveredTo(bobChat, 1)).toEqual(['after']);
  }, 30_000);
});
