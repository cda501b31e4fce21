import { setTimeout } from 'node:timers/promises';

import { beforeEach, describe, expect, test } from '@jest/globals';

import { FriendServiceService } from '../../proto/gen/parley/v1/friend_service.pb.ts';
import { PresenceState } from '../../proto/gen/parley/v1/presence.pb.ts';
import { toUser } from '../e2e/protocol/frames.ts';
import type { RawChat } from '../e2e/protocol/raw-chat.ts';
import type { RawUser } from '../e2e/protocol/raw-user.ts';
import { useCluster } from './cluster-stage.ts';

const { PRESENCE_STATE_OFFLINE: OFFLINE, PRESENCE_STATE_ONLINE: ONLINE } = PresenceState;
const { PRESENCE_STATE_AWAY: AWAY, PRESENCE_STATE_UNSPECIFIED: HIDDEN } = PresenceState;

const LEASE_MS = 3_000;
/** From the end of a lease until friends have heard. */
const TOLD_WITHIN_MS = 2_500;
const AWAY_SECONDS = 10;

const stage = useCluster({
  environment: { PARLEY_LEASE_MS: String(LEASE_MS), PARLEY_AWAY_SECONDS: String(AWAY_SECONDS) },
});

/** On the first replica, where she is told. */
let ann: RawUser;
let annChat: RawChat;
/** On the second replica. */
let bob: RawUser;
/** What she was told last. */
let known: PresenceState | undefined;

beforeEach(async () => {
  [ann, bob] = await stage().users('ann', 'bob');
  await ann.call(FriendServiceService.addFriend, { user: { $case: 'userId', value: bob.id } });
  await bob.call(FriendServiceService.acceptFriend, { userId: ann.id });
  annChat = await ann.connect();
  known = undefined;
});

/** The next that she is told of him and that is new: two replicas may tell the same. */
async function told(withinMs?: number): Promise<PresenceState> {
  for (;;) {
    const { userId, state } = await annChat.next('presence', withinMs);
    expect(userId).toBe(bob.id);
    if (state === known) continue;
    known = state;
    return state;
  }
}

/** All that she was told says what she knew. */
async function expectNoNews(): Promise<void> {
  await annChat.settled();
  for (const frame of annChat.left()) {
    if (frame.$case === 'presence') expect(frame.value).toMatchObject({ userId: bob.id, state: known });
  }
}

/** As each of the replicas answers. */
async function listed(): Promise<PresenceState[]> {
  const doors = stage().replicas;
  return await Promise.all(
    doors.map(async (door) => {
      const request = { pageSize: 0, pageToken: '' };
      const { friends } = await door.as(ann).call(FriendServiceService.listFriends, request);
      return friends[0]!.presence!.state;
    }),
  );
}

describe('a friend on another replica', () => {
  test('is online while they have a stream, and offline after the last one', async () => {
    expect(await listed()).toEqual([OFFLINE, OFFLINE, OFFLINE]);
    const [desk, phone] = [await bob.connect(), await (await stage().device(bob, 2, 'phone')).connect()];
    expect(await told()).toBe(ONLINE);
    expect(await listed()).toEqual([ONLINE, ONLINE, ONLINE]);
    await desk.finish();
    expect(await listed()).toEqual([ONLINE, ONLINE, ONLINE]);
    await phone.finish();
    expect(await told()).toBe(OFFLINE);
    expect(await listed()).toEqual([OFFLINE, OFFLINE, OFFLINE]);
  });

  test('is away when nothing is done on any replica, and back with the first thing done', async () => {
    await bob.connect();
    expect(await told()).toBe(ONLINE);
    const phone = await (await stage().device(bob, 2, 'phone')).connect();
    const begun = performance.now();
    expect(await told((AWAY_SECONDS + 5) * 1_000)).toBe(AWAY);
    expect(performance.now() - begun).toBeGreaterThan((AWAY_SECONDS - 1) * 1_000);
    expect(await listed()).toEqual([AWAY, AWAY, AWAY]);
    await phone.say(toUser(ann.id), 'here');
    expect(await told()).toBe(ONLINE);
    expect(await listed()).toEqual([ONLINE, ONLINE, ONLINE]);
  }, 40_000);

  test('who moves from one replica to another was never gone', async () => {
    const here = await bob.connect();
    expect(await told()).toBe(ONLINE);
    await here.finish();
    const there = await stage().replicas[2]!.as(bob).connect();
    await there.say(toUser(ann.id), 'moved');
    await annChat.entries(1);
    await expectNoNews();
    await there.finish();
    expect(await told()).toBe(OFFLINE);
  });

  test('who blocks is no longer seen within a second', async () => {
    await bob.connect();
    expect(await told()).toBe(ONLINE);
    const begun = performance.now();
    await stage().replicas[2]!.as(bob).call(FriendServiceService.blockUser, { userId: ann.id });
    expect(await told()).toBe(HIDDEN);
    expect(performance.now() - begun).toBeLessThan(1_000);
    await stage().replicas[1]!.clear();
    await (await stage().replicas[2]!.as(bob).connect()).finish();
    await expectNoNews();
  });
});

describe('when a replica is killed', () => {
  test('its users are offline when its lease has ended, and who comes back elsewhere before that never was', async () => {
    const carol = await stage().replicas[1]!.user('carol');
    await ann.call(FriendServiceService.addFriend, { user: { $case: 'userId', value: carol.id } });
    await carol.call(FriendServiceService.acceptFriend, { userId: ann.id });
    await bob.connect();
    await carol.connect();
    const latest = new Map<bigint, PresenceState>();
    const toldOf: [string, PresenceState][] = [];
    const until = async (user: RawUser, wanted: PresenceState): Promise<void> => {
      while (latest.get(user.id) !== wanted) {
        const { userId, state } = await annChat.next('presence');
        if (latest.get(userId) !== state) toldOf.push([userId === bob.id ? 'bob' : 'carol', state]);
        latest.set(userId, state);
      }
    };
    await until(bob, ONLINE);
    await until(carol, ONLINE);
    toldOf.length = 0;

    const killed = stage().cluster.replicas[1]!;
    await killed.kill();
    const begun = performance.now();
    await stage().replicas[2]!.as(carol).connect();
    await until(bob, OFFLINE);
    expect(performance.now() - begun).toBeLessThan(LEASE_MS + TOLD_WITHIN_MS);
    await killed.start();
    await bob.connect();
    await until(bob, ONLINE);
    expect(toldOf).toEqual([
      ['bob', OFFLINE],
      ['bob', ONLINE],
    ]);
  }, 40_000);
});

describe('when Redis is killed and comes back empty', () => {
  test('nobody who is there is shown as gone, and who goes is told of again', async () => {
    const bobChat = await bob.connect();
    expect(await told()).toBe(ONLINE);
    await stage().cluster.redis.restart();
    // Whatever would be expired wrongly has been by then.
    await setTimeout(LEASE_MS + TOLD_WITHIN_MS);
    await expectNoNews();
    expect(await listed()).toEqual([ONLINE, ONLINE, ONLINE]);
    await bobChat.finish();
    expect(await told()).toBe(OFFLINE);
  });
});
