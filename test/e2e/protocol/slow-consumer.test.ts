import { Content } from '../../../proto/gen/parley/v1/message.pb.ts';
import { status } from '@grpc/grpc-js';
import { beforeEach, describe, expect, test } from '@jest/globals';

import { GoAwayReason } from '../../../proto/gen/parley/v1/chat.pb.ts';
import { FriendServiceService } from '../../../proto/gen/parley/v1/friend_service.pb.ts';
import { PresenceState } from '../../../proto/gen/parley/v1/presence.pb.ts';
import { ENGINES } from '../../cluster/start-server.ts';
import { type ResponseFrame, send, textMessage, toUser } from './frames.ts';
import type { RawChat } from './raw-chat.ts';
import type { RawUser } from './raw-user.ts';
import { useStage } from './stage.ts';

const COUNT = 500;

describe.each(ENGINES)('a client that stops reading, on %s', (engine) => {
  const stage = useStage(engine, { PARLEY_SLOW_CONSUMER_MS: '4000' });
  let ann: RawUser;
  let bob: RawUser;
  let annChat: RawChat;

  beforeEach(async () => {
    [ann, bob] = await stage().users('ann', 'bob');
    await ann.call(FriendServiceService.addFriend, { user: { $case: 'userId', value: bob.id } });
    await bob.call(FriendServiceService.acceptFriend, { userId: ann.id });
    annChat = await ann.connect();
  });

  /** Resolves when all is stored. */
  async function sendMegabytes(): Promise<void> {
    const content = Content.fromPartial({
      text: 'x'.repeat(8_000),
      payload: { mediaType: 'a/b', data: Buffer.alloc(8_000) },
    });
    for (let sent = 0; sent < COUNT; sent += 1) annChat.send(send({ ...textMessage(toUser(bob.id), ''), content }));
    await annChat.results(COUNT);
  }

  async function isBobThere(): Promise<boolean> {
    const { friends } = await ann.call(FriendServiceService.listFriends, { pageSize: 0, pageToken: '' });
    return friends[0]?.presence?.state === PresenceState.PRESENCE_STATE_ONLINE;
  }

  test('is cut off, is gone for others, and loses nothing', async () => {
    const slow = await bob.connect();
    slow.pause();
    await sendMegabytes();
    expect(await slow.status()).not.toMatchObject({ code: status.OK });
    expect(await isBobThere()).toBe(false);

    const { waited } = await bob.resume();
    expect(seqsOf(waited)).toEqual(upTo(COUNT));
  }, 60_000);

  test('is told why where it reads again, and goes on from what it has', async () => {
    const slow = await bob.connect();
    slow.pause();
    await sendMegabytes();
    while (await isBobThere());
    slow.resume();
    expect(await slow.status()).toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
      reason: 'SLOW_CONSUMER',
      retryAfterMs: 1_000,
    });

    const entries = slow.left();
    expect(entries.at(-1)).toEqual({
      $case: 'goAway',
      value: {
        reason: GoAwayReason.GO_AWAY_REASON_SLOW_CONSUMER,
        reconnect: true,
        reconnectAfter: { seconds: 1n, nanos: 0 },
      },
    });
    expect(seqsOf(entries)).toEqual(upTo(seqsOf(entries).length));
    const conversationId = (await bob.conversations())[0]!.id;
    const { logEpoch } = await ann.resume();
    const seq = BigInt(seqsOf(entries).length);
    const { waited } = await bob.resume({ logEpoch, positions: [{ conversationId, seq }] });
    expect([...seqsOf(entries), ...seqsOf(waited)]).toEqual(upTo(COUNT));
  }, 60_000);

  test('does not hold up anybody else', async () => {
    const other = await (await bob.logIn()).connect();
    const slow = await bob.connect();
    slow.pause();
    await sendMegabytes();
    expect((await other.entries(COUNT)).map(({ seq }) => Number(seq))).toEqual(upTo(COUNT));
  }, 60_000);
});

function seqsOf(frames: readonly ResponseFrame[]): number[] {
  return frames.flatMap((frame) =>
    frame.$case === 'deliver' ? frame.value.messages.map(({ seq }) => Number(seq)) : [],
  );
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
