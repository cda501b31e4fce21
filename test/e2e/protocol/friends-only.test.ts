import { status } from '@grpc/grpc-js';
import { beforeEach, describe, expect, test } from '@jest/globals';

import { FriendStatus } from '../../../proto/gen/parley/v1/friend.pb.ts';
import { FriendServiceService } from '../../../proto/gen/parley/v1/friend_service.pb.ts';
import { ENGINES } from '../../cluster/start-server.ts';
import { textMessage, textOf, toGroup, toUser } from './frames.ts';
import type { RawUser } from './raw-user.ts';
import { useStage } from './stage.ts';

const UNAVAILABLE = { code: status.PERMISSION_DENIED, reason: 'RECIPIENT_UNAVAILABLE' };

describe.each(ENGINES)('a server where friends only may write, on %s', (engine) => {
  const stage = useStage(engine, { PARLEY_DIRECT_MESSAGES: 'friends' });
  let ann: RawUser;
  let bob: RawUser;
  beforeEach(async () => {
    [ann, bob] = await stage().users('ann', 'bob');
  });

  const ask = async (from: RawUser, to: RawUser) =>
    (await from.call(FriendServiceService.addFriend, { user: { $case: 'userId', value: to.id } })).status;

  async function expectRefused(from: RawUser, to: RawUser): Promise<void> {
    await expect((await from.connect()).say(toUser(to.id), 'no')).rejects.toMatchObject(UNAVAILABLE);
    await expect(from.post(textMessage(toUser(to.id), 'no'))).rejects.toMatchObject(UNAVAILABLE);
  }

  test('neither side may write before the request is accepted, both may after, neither once it is over', async () => {
    await expectRefused(ann, bob);
    expect(await ask(ann, bob)).toBe(FriendStatus.FRIEND_STATUS_REQUESTED);
    await expectRefused(ann, bob);
    await expectRefused(bob, ann);

    await bob.call(FriendServiceService.acceptFriend, { userId: ann.id });
    const [annChat, bobChat] = [await ann.connect(), await bob.connect()];
    expect(await annChat.say(toUser(bob.id), 'friends')).toMatchObject({ seq: 1n });
    expect((await bobChat.entries(1)).map(textOf)).toEqual(['friends']);
    expect(await bobChat.say(toUser(ann.id), 'yes')).toMatchObject({ seq: 2n });
    expect((await annChat.entries(1)).map(textOf)).toEqual(['yes']);

    await ann.call(FriendServiceService.removeFriend, { userId: bob.id });
    await expectRefused(ann, bob);
    await expectRefused(bob, ann);
    expect((await ann.conversations()).map(({ lastSeq }) => lastSeq)).toEqual([2n]);
  });

  test('who asks back has accepted', async () => {
    await ask(ann, bob);
    expect(await ask(bob, ann)).toBe(FriendStatus.FRIEND_STATUS_ACCEPTED);
    expect(await ann.post(textMessage(toUser(bob.id), 'friends'))).toMatchObject({ seq: 1n });
  });

  test('who ask each other at the same moment are friends', async () => {
    const answers = await Promise.all([ask(ann, bob), ask(bob, ann)]);
    expect(answers.sort()).toEqual([FriendStatus.FRIEND_STATUS_REQUESTED, FriendStatus.FRIEND_STATUS_ACCEPTED]);
    expect(await bob.post(textMessage(toUser(ann.id), 'friends'))).toMatchObject({ seq: 1n });
  });

  test('a request that is declined, or taken back, opens nothing', async () => {
    await ask(ann, bob);
    await bob.call(FriendServiceService.declineFriend, { userId: ann.id });
    await expectRefused(ann, bob);
    await ask(ann, bob);
    await ann.call(FriendServiceService.removeFriend, { userId: bob.id });
    await expect(bob.call(FriendServiceService.acceptFriend, { userId: ann.id })).rejects.toMatchObject({
      code: status.NOT_FOUND,
      reason: 'FRIEND_REQUEST_NOT_FOUND',
    });
    await expectRefused(bob, ann);
  });

  test('what was stored while friends has its receipt afterwards', async () => {
    await ask(ann, bob);
    await ask(bob, ann);
    const message = textMessage(toUser(bob.id), 'then');
    const receipt = await ann.post(message);
    await bob.call(FriendServiceService.removeFriend, { userId: ann.id });
    expect(await ann.post(message)).toEqual(receipt);
  });

  test('members of a group write to it all the same', async () => {
    const group = await ann.createGroup('strangers');
    await bob.join(group);
    expect(await bob.post(textMessage(toGroup(group.id), 'hello'))).toMatchObject({ seq: 3n });
  });
});
