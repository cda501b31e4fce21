import { beforeEach, describe, expect, test } from '@jest/globals';

import { AuthServiceService } from '../../../proto/gen/parley/v1/auth_service.pb.ts';
import { FriendServiceService } from '../../../proto/gen/parley/v1/friend_service.pb.ts';
import { PresenceState } from '../../../proto/gen/parley/v1/presence.pb.ts';
import { ENGINES } from '../../cluster/start-server.ts';
import { hello } from './frames.ts';
import type { RawChat } from './raw-chat.ts';
import type { RawUser } from './raw-user.ts';
import { useStage } from './stage.ts';

const OFFLINE = PresenceState.PRESENCE_STATE_OFFLINE;
const HIDDEN = PresenceState.PRESENCE_STATE_UNSPECIFIED;
const ONLINE = PresenceState.PRESENCE_STATE_ONLINE;

describe.each(ENGINES)('presence of friends, on %s', (engine) => {
  const stage = useStage(engine);
  let ann: RawUser;
  let bob: RawUser;

  beforeEach(async () => {
    [ann, bob] = await stage().users('ann', 'bob');
    await ann.call(FriendServiceService.addFriend, { user: { $case: 'name', value: bob.name.toUpperCase() } });
    await bob.call(FriendServiceService.acceptFriend, { userId: ann.id });
  });

  async function friendsOf(user: RawUser) {
    return (await user.call(FriendServiceService.listFriends, { pageSize: 0, pageToken: '' })).friends;
  }

  async function bobAsAnnSees() {
    const [friend] = await friendsOf(ann);
    return friend!.presence!;
  }

  test('never there, there, and gone since', async () => {
    expect(await bobAsAnnSees()).toEqual({ userId: bob.id, state: OFFLINE, lastSeenTime: undefined });
    const chat = await bob.connect();
    expect(await bobAsAnnSees()).toEqual({ userId: bob.id, state: ONLINE, lastSeenTime: undefined });
    const left = Date.now();
    await chat.finish();
    const { state, lastSeenTime } = await bobAsAnnSees();
    expect(state).toBe(OFFLINE);
    expect(lastSeenTime!.getTime()).toBeGreaterThanOrEqual(left - 1);
    expect(lastSeenTime!.getTime()).toBeLessThanOrEqual(Date.now());
  });

  test('there as long as one device is', async () => {
    const [desk, phone] = [await bob.connect(), await (await bob.logIn('phone')).connect()];
    await desk.finish();
    expect(await bobAsAnnSees()).toMatchObject({ state: ONLINE });
    await phone.finish();
    expect(await bobAsAnnSees()).toMatchObject({ state: OFFLINE });
  });

  test('a stream that has not said hello is nobody', async () => {
    const chat = bob.open();
    chat.send(hello({ hasCursors: true, logEpoch: 'any' }));
    await chat.next('welcome');
    expect(await bobAsAnnSees()).toMatchObject({ state: OFFLINE });
  });

  test('who is no friend is not shown, and friends are listed by id, page by page', async () => {
    const others = await stage().users('carol', 'dave', 'erin');
    for (const other of others) {
      await ann.call(FriendServiceService.addFriend, { user: { $case: 'userId', value: other.id } });
      if (other !== others[2]) await other.call(FriendServiceService.acceptFriend, { userId: ann.id });
    }
    const listed: bigint[] = [];
    let pages = 0;
    for (let pageToken = ''; pages === 0 || pageToken !== ''; pages += 1) {
      const page = await ann.call(FriendServiceService.listFriends, { pageSize: 2, pageToken });
      listed.push(...page.friends.map(({ account }) => account!.id));
      pageToken = page.nextPageToken;
    }
    expect(listed).toEqual([bob.id, others[0].id, others[1].id].sort((a, b) => Number(a - b)));
    expect(pages).toBe(2);
    expect(await friendsOf(others[2])).toEqual([]);
    const request = { pageSize: 0, pageToken: '' };
    const { friendRequests } = await others[2].call(FriendServiceService.listFriendRequests, request);
    expect(friendRequests).toMatchObject([{ account: { id: ann.id, name: ann.name }, outgoing: false }]);
  });

  describe('is told on the stream', () => {
    let annChat: RawChat;

    beforeEach(async () => {
      annChat = await ann.connect();
    });

    const bobIs = (state: PresenceState) => ({ userId: bob.id, state, lastSeenTime: undefined });

    test('when a friend comes, and when they have gone for a while', async () => {
      const chat = await bob.connect();
      expect(await annChat.next('presence')).toEqual(bobIs(ONLINE));
      await chat.finish();
      // Within the grace: never gone.
      const again = await bob.connect();
      const left = Date.now();
      await again.finish();
      const told = await annChat.next('presence');
      expect(told).toEqual({ userId: bob.id, state: OFFLINE, lastSeenTime: expect.any(Date) });
      expect(told.lastSeenTime!.getTime()).toBeGreaterThanOrEqual(left - 1);
      expect(told).toEqual(await bobAsAnnSees());
      expect(annChat.waiting).toEqual([]);
    });

    test('to friends only', async () => {
      const carol = await stage().user('carol');
      await ann.call(FriendServiceService.addFriend, { user: { $case: 'userId', value: carol.id } });
      await carol.connect();
      await bob.connect();
      expect(await annChat.next('presence')).toEqual(bobIs(ONLINE));
      expect(annChat.waiting).toEqual([]);
    });

    test('with the beginning of a friendship, and no longer with its end', async () => {
      const carol = await stage().user('carol');
      const carolChat = await carol.connect();
      await carol.call(FriendServiceService.addFriend, { user: { $case: 'userId', value: ann.id } });
      await ann.call(FriendServiceService.acceptFriend, { userId: carol.id });
      expect(await annChat.next('presence')).toEqual({ ...bobIs(ONLINE), userId: carol.id });
      expect(await carolChat.next('presence')).toEqual({ ...bobIs(ONLINE), userId: ann.id });
      await carol.call(FriendServiceService.removeFriend, { userId: ann.id });
      expect(await annChat.next('presence')).toEqual({ ...bobIs(HIDDEN), userId: carol.id });
      expect(await carolChat.next('presence')).toEqual({ ...bobIs(HIDDEN), userId: ann.id });
    });

    test('no longer once one has blocked the other', async () => {
      const bobChat = await bob.connect();
      await annChat.next('presence');
      await bob.call(FriendServiceService.blockUser, { userId: ann.id });
      expect(await annChat.next('presence')).toEqual(bobIs(HIDDEN));
      expect(await bobChat.next('presence')).toEqual({ ...bobIs(HIDDEN), userId: ann.id });
    });

    test('but not of who hides it, from when they do until they do no longer', async () => {
      const hide = (presenceHidden: boolean) =>
        bob.call(AuthServiceService.updateAccount, {
          account: undefined,
          settings: { presenceHidden },
          updateMask: ['presence_hidden'],
        });
      await hide(true);
      expect(await annChat.next('presence')).toEqual(bobIs(HIDDEN));
      expect(await bobAsAnnSees()).toEqual(bobIs(HIDDEN));
      const chat = await bob.connect();
      expect(await bobAsAnnSees()).toEqual(bobIs(HIDDEN));
      await hide(false);
      expect(await annChat.next('presence')).toEqual(bobIs(ONLINE));
      await hide(true);
      expect(await annChat.next('presence')).toEqual(bobIs(HIDDEN));
      await chat.finish();
      await hide(false);
      expect(await annChat.next('presence')).toMatchObject({ state: OFFLINE, lastSeenTime: expect.any(Date) });
      expect(annChat.waiting).toEqual([]);
    });
  });
});
