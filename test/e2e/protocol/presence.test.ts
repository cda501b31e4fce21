import { beforeEach, describe, expect, test } from '@jest/globals';

import { FriendServiceService } from '../../../proto/gen/parley/v1/friend_service.pb.ts';
import { PresenceState } from '../../../proto/gen/parley/v1/presence.pb.ts';
import { ENGINES } from '../../cluster/start-server.ts';
import { hello } from './frames.ts';
import type { RawUser } from './raw-user.ts';
import { useStage } from './stage.ts';

const OFFLINE = PresenceState.PRESENCE_STATE_OFFLINE;
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
});
