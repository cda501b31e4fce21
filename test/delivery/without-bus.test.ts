import { status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';

import { Account } from '../../proto/gen/parley/v1/account.pb.ts';
import { AuthServiceService } from '../../proto/gen/parley/v1/auth_service.pb.ts';
import { ChatServiceService } from '../../proto/gen/parley/v1/chat_service.pb.ts';
import { GoAwayReason } from '../../proto/gen/parley/v1/chat.pb.ts';
import { GroupServiceService } from '../../proto/gen/parley/v1/group_service.pb.ts';
import { startServer } from '../cluster/start-server.ts';
import { storyOf, textOf, toGroup, toUser } from '../e2e/protocol/frames.ts';
import type { RawChat } from '../e2e/protocol/raw-chat.ts';
import { RawUser } from '../e2e/protocol/raw-user.ts';
import { Stage } from '../e2e/protocol/stage.ts';
import { createDatabase } from '../setup/mariadb.ts';
import { runRaw } from '../store/raw-database.ts';
import { FadingBus } from './fading-bus.ts';

/** Two seconds are promised; a busy machine takes a little more, and a look every five would take longer. */
const WITHIN_MS = 3_500;

/** Two replicas that hear nothing of each other, nor of themselves: whatever is told is read from the log. */
describe('two replicas without their bus', () => {
  let url: string;
  let buses: [FadingBus, FadingBus];
  let here: Stage;
  let there: Stage;

  beforeAll(async () => {
    url = await createDatabase();
    buses = [new FadingBus('degraded'), new FadingBus('degraded')];
    const start = async (bus: FadingBus) =>
      new Stage(await startServer({ engine: 'mysql', environment: { PARLEY_DATABASE_URL: url }, overrides: { bus } }));
    here = await start(buses[0]);
    there = await start(buses[1]);
  });

  afterEach(async () => {
    await here.clear();
    await there.clear();
  });

  afterAll(async () => {
    await here.close();
    await there.close();
  });

  /** The same session, by the other replica. */
  const at = (stage: Stage, user: RawUser) =>
    new RawUser(user, user.token, { caller: stage.caller, open: (token) => stage.open(token) });

  /** Entries until there are `count`, the last of them in time. */
  async function told(chat: RawChat, count: number) {
    const entries = [];
    while (entries.length < count) entries.push(...(await chat.next('deliver', WITHIN_MS)).messages);
    return entries;
  }

  test("a first contact and what follows reach the other one, and the sender's other device", async () => {
    const [ann, bob] = [await here.user('ann'), await there.user('bob')];
    const [annChat, bobChat] = [await ann.connect(), await bob.connect()];
    const otherChat = await at(there, ann).connect();
    await annChat.say(toUser(bob.id), 'one');
    expect((await told(bobChat, 1)).map(textOf)).toEqual(['one']);
    await annChat.say(toUser(bob.id), 'two');
    expect((await told(bobChat, 1)).map(textOf)).toEqual(['two']);
    expect((await told(otherChat, 2)).map(textOf)).toEqual(['one', 'two']);
    await bobChat.say(toUser(ann.id), 'three');
    expect((await told(annChat, 1)).map(textOf)).toEqual(['three']);
  });

  test('who joins, is told from there on; who is removed, up to there', async () => {
    const [ann, bob, cyd] = [await here.user('ann'), await there.user('bob'), await there.user('cyd')];
    const [bobChat, cydChat] = [await bob.connect(), await cyd.connect()];
    const group = await ann.createGroup('team');
    await ann.invite(group, bob);
    await cyd.join(group);
    const annChat = await ann.connect();
    await annChat.say(toGroup(group.id), 'welcome');
    expect(storyOf(await told(bobChat, 3))).toEqual(['2 bob invited', '3 cyd joined', '4 welcome']);
    expect(storyOf(await told(cydChat, 2))).toEqual(['3 cyd joined', '4 welcome']);
    await ann.call(GroupServiceService.removeMember, { groupId: group.id, userId: bob.id });
    await annChat.say(toGroup(group.id), 'without bob');
    expect(storyOf(await told(bobChat, 1))).toEqual(['5 bob removed']);
    expect(storyOf(await told(cydChat, 2))).toEqual(['5 bob removed', '6 without bob']);
    await ann.invite(group, bob);
    expect(storyOf(await told(bobChat, 1))).toEqual(['7 bob invited']);
    expect(bobChat.waiting).toEqual(['skip']);
  });

  test('a whole membership that came and went between two looks is delivered', async () => {
    const [ann, bob] = [await here.user('ann'), await there.user('bob')];
    const bobChat = await bob.connect();
    const group = await ann.createGroup('team');
    await ann.invite(group, bob);
    await ann.call(GroupServiceService.removeMember, { groupId: group.id, userId: bob.id });
    expect(storyOf(await told(bobChat, 2))).toEqual(['2 bob invited', '3 bob removed']);
  });

  test('a recall reaches who has the message', async () => {
    const [ann, bob] = [await here.user('ann'), await there.user('bob')];
    const bobChat = await bob.connect();
    const { conversationId, seq } = await (await ann.connect()).say(toUser(bob.id), 'oh');
    await told(bobChat, 1);
    await ann.call(ChatServiceService.recallMessage, { conversationId, seq });
    const [recall] = await told(bobChat, 1);
    expect(recall?.body).toMatchObject({ $case: 'recall', value: { targetSeq: seq } });
  });

  test('a revoked session loses its streams', async () => {
    const ann = await here.user('ann');
    const chat = await at(there, ann).connect();
    await ann.call(AuthServiceService.logout, {});
    const reason = GoAwayReason.GO_AWAY_REASON_TOKEN_INVALID;
    expect(await chat.next('goAway', WITHIN_MS)).toMatchObject({ reason, reconnect: false });
    expect(await chat.status()).toMatchObject({ code: status.UNAUTHENTICATED, reason: 'TOKEN_INVALID' });
  });

  test('a stream sends under the new name of its user', async () => {
    const [ann, bob] = [await here.user('ann'), await here.user('bob')];
    const [annChat, bobChat] = [await at(there, ann).connect(), await bob.connect()];
    const name = `${ann.name}-anew`;
    await ann.call(AuthServiceService.updateAccount, {
      account: Account.fromPartial({ name }),
      settings: undefined,
      updateMask: ['name'],
    });
    const renamedAt = performance.now();
    for (let named = ''; named !== name;) {
      await annChat.say(toUser(bob.id), 'who?');
      named = (await told(bobChat, 1))[0]!.senderName;
      expect(performance.now() - renamedAt).toBeLessThan(2 * WITHIN_MS);
    }
  });

  test('whatever was lost is found at once when the bus is back', async () => {
    const [ann, bob] = [await here.user('ann'), await there.user('bob')];
    const bobChat = await bob.connect();
    for (const bus of buses) bus.become('up');
    try {
      await (await ann.connect()).say(toUser(bob.id), 'while it was away');
      for (const bus of buses) bus.become('up');
      expect((await told(bobChat, 1)).map(textOf)).toEqual(['while it was away']);
    } finally {
      for (const bus of buses) bus.become('degraded');
    }
  });

  test('streams come back to another log when it was replaced', async () => {
    const [ann, bob] = [await here.user('ann'), await there.user('bob')];
    const [annChat, bobChat] = [await ann.connect(), await bob.connect()];
    await annChat.say(toUser(bob.id), 'before');
    await told(bobChat, 1);
    await runRaw(url, "UPDATE deployment SET value = 'another' WHERE name = 'log_epoch'");
    const reason = GoAwayReason.GO_AWAY_REASON_LOG_REPLACED;
    for (const chat of [annChat, bobChat]) {
      expect(await chat.next('goAway', WITHIN_MS)).toMatchObject({ reason, reconnect: true });
      expect(await chat.status()).toMatchObject({ code: status.UNAVAILABLE, reason: 'DRAINING' });
    }
    const again = await bob.resume();
    expect(again.logEpoch).toBe('another');
    await (await ann.connect()).say(toUser(bob.id), 'after');
    const entries = await told(again.chat, 1);
    expect(entries.map(textOf)).toEqual(['after']);
  });
});
