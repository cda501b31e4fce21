import { beforeEach, describe, expect, test } from '@jest/globals';

import { FriendServiceService } from '../../../proto/gen/parley/v1/friend_service.pb.ts';
import { ENGINES } from '../../cluster/start-server.ts';
import type { RawUser } from './raw-user.ts';
import { useStage } from './stage.ts';

const DAYS = 7;
const DAY_MS = 86_400_000;

describe.each(ENGINES)('friend requests, on %s', (engine) => {
  const stage = useStage(engine, { PARLEY_FRIEND_REQUEST_DAYS: String(DAYS) });
  let ann: RawUser;
  let bob: RawUser;
  beforeEach(async () => {
    [ann, bob] = await stage().users('ann', 'bob');
  });

  const list = (user: RawUser, pageSize = 0, pageToken = '') =>
    user.call(FriendServiceService.listFriendRequests, { pageSize, pageToken });

  test('say to both sides until when they can be answered', async () => {
    await ann.call(FriendServiceService.addFriend, { user: { $case: 'userId', value: bob.id } });
    const [sent] = (await list(ann)).friendRequests;
    const [received] = (await list(bob)).friendRequests;
    expect(sent).toMatchObject({ account: { id: bob.id, name: bob.name }, outgoing: true });
    expect(received).toMatchObject({ account: { id: ann.id, name: ann.name }, outgoing: false });
    for (const { createTime, expireTime } of [sent!, received!]) {
      expect(Math.abs(createTime!.getTime() - Date.now())).toBeLessThan(60_000);
      expect(expireTime!.getTime() - createTime!.getTime()).toBe(DAYS * DAY_MS);
    }
    await bob.call(FriendServiceService.acceptFriend, { userId: ann.id });
    expect((await list(ann)).friendRequests).toEqual([]);
    expect((await list(bob)).friendRequests).toEqual([]);
  });

  test('of many are listed page by page', async () => {
    for (const other of await stage().users('a', 'b', 'c')) {
      await other.call(FriendServiceService.addFriend, { user: { $case: 'userId', value: ann.id } });
    }
    const all = (await list(ann)).friendRequests;
    const first = await list(ann, 2);
    const second = await list(ann, 2, first.nextPageToken);
    expect([...first.friendRequests, ...second.friendRequests]).toEqual(all);
    expect(second.nextPageToken).toBe('');
  });
});
