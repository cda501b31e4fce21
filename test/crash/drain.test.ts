import { Content } from '../../proto/gen/parley/v1/message.pb.ts';
import { randomUUID } from 'node:crypto';

import { credentials, status } from '@grpc/grpc-js';
import { describe, expect, test } from '@jest/globals';

import {
  HealthCheckResponse_ServingStatus as ServingStatus,
  HealthClient,
} from '../../proto/gen/health/v1/health.pb.ts';
import type { ChatResponse } from '../../proto/gen/parley/v1/chat_service.pb.ts';
import { FriendServiceClient, type ListFriendsResponse } from '../../proto/gen/parley/v1/friend_service.pb.ts';
import { PresenceState } from '../../proto/gen/parley/v1/presence.pb.ts';
import { bearer, call, ChatPeer, type Login, signUp } from '../cluster/chat-peer.ts';
import { ServerProcess } from '../cluster/server-process.ts';
import { ENGINES, freshDatabase } from '../cluster/start-server.ts';
import { readTrailers } from '../e2e/protocol/rich-status.ts';
import { readLogs } from './log-reader.ts';

type Frame = NonNullable<ChatResponse['frame']>;

/** A peer, and the promise of its first frame of a kind. */
function watch(address: string, { token }: Login) {
  const frames: Frame[] = [];
  const waiting = new Map<string, (frame: Frame) => void>();
  const peer = new ChatPeer(address, token, (frame) => {
    frames.push(frame);
    waiting.get(frame.$case)?.(frame);
  });
  const first = (kind: Frame['$case']) =>
    new Promise<Frame>((resolve) => {
      const known = frames.find((frame) => frame.$case === kind);
      if (known === undefined) waiting.set(kind, resolve);
      else resolve(known);
    });
  return { peer, frames, first };
}

function sendTo(peer: ChatPeer, userId: number, clientMessageId: string): void {
  const target = { target: { $case: 'userId' as const, value: BigInt(userId) } };
  const content = Content.fromPartial({ text: 'hello' });
  peer.send({ $case: 'send', value: { messages: [{ clientMessageId, target, content }] } });
}

async function stateOf(address: string, { token }: Login, userId: number): Promise<PresenceState | undefined> {
  const friends = new FriendServiceClient(address, credentials.createInsecure());
  try {
    const page = await call<ListFriendsResponse>((done) =>
      friends.listFriends({ pageSize: 0, pageToken: '' }, bearer(token), done),
    );
    return page.friends.find(({ account }) => Number(account?.id) === userId)?.presence?.state;
  } finally {
    friends.close();
  }
}

async function befriend(address: string, ann: Login, bob: Login): Promise<void> {
  const friends = new FriendServiceClient(address, credentials.createInsecure());
  const add = (me: Login, other: Login) =>
    call((done) =>
      friends.addFriend({ user: { $case: 'userId', value: BigInt(other.userId) } }, bearer(me.token), done),
    );
  await add(ann, bob);
  await add(bob, ann);
  friends.close();
}

describe('SIGTERM', () => {
  test('drains: what was accepted is answered and stored, streams are sent away, the exit code is 0', async () => {
    await using server = await ServerProcess.start({ PARLEY_DRAIN_WAIT_MS: '300', PARLEY_DRAIN_SPREAD_MS: '0' });
    const { address } = server;
    const [ann, bob] = await Promise.all([signUp(address, 'ann'), signUp(address, 'bob')]);
    const { peer, frames, first } = watch(address, ann);
    await first('caughtUp');
    const health = new HealthClient(address, credentials.createInsecure());
    const watched = health.watch({ service: 'parley.v1.ChatService' });
    const statuses: ServingStatus[] = [];
    const notServing = new Promise<void>((resolve) => {
      watched.on('data', ({ status }: { status: ServingStatus }) => {
        statuses.push(status);
        if (status === ServingStatus.NOT_SERVING) resolve();
      });
      watched.on('error', () => undefined);
    });

    const late: string[] = [];
    const sent = Array.from({ length: 500 }, () => randomUUID());
    for (const id of sent.slice(0, 250)) sendTo(peer, bob.userId, id);
    await first('sendResults');
    server.signal('SIGTERM');
    await notServing;
    // Health is told first; streams still work until the balancer has had its time.
    expect(frames.some(({ $case }) => $case === 'goAway')).toBe(false);
    for (const id of sent.slice(250)) sendTo(peer, bob.userId, id);
    // A stream that goes on sending is answered to its end: stored, or told to send again.
    const persistent = setInterval(() => {
      late.push(randomUUID());
      sendTo(peer, bob.userId, late.at(-1) ?? '');
    }, 1);

    const goAway = await first('goAway');
    expect(goAway.value).toMatchObject({ reconnect: true });
    const ended = await peer.ended;
    clearInterval(persistent);
    expect(readTrailers(ended)).toMatchObject({ code: status.UNAVAILABLE, reason: 'DRAINING' });
    expect(await server.exitCode).toBe(0);
    health.close();
    expect(statuses).toEqual([ServingStatus.SERVING, ServingStatus.NOT_SERVING]);

    const results = frames.flatMap((frame) => (frame.$case === 'sendResults' ? frame.value.results : []));
    const stored = results
      .filter(({ outcome }) => outcome?.$case === 'receipt')
      .map((result) => result.clientMessageId);
    const refused = results.flatMap(({ outcome }) => (outcome?.$case === 'error' ? [outcome.value.code] : []));
    expect(stored.slice(0, sent.length)).toEqual(sent);
    expect(stored.slice(sent.length)).toEqual(late.slice(0, stored.length - sent.length));
    expect(new Set([...refused, status.UNAVAILABLE])).toEqual(new Set([status.UNAVAILABLE]));
    await server.start();
    const [[, entries] = []] = await readLogs(address, bob);
    expect(entries?.map(({ clientMessageId }) => clientMessageId)).toEqual(stored);
  }, 60_000);

  test('a second signal ends the process at once', async () => {
    await using server = await ServerProcess.start({ PARLEY_DRAIN_WAIT_MS: '60000' });
    server.signal('SIGTERM');
    const health = new HealthClient(server.address, credentials.createInsecure());
    const watched = health.watch({ service: '' });
    await new Promise<void>((resolve, reject) => {
      watched.on('error', reject);
      watched.on('data', ({ status }: { status: ServingStatus }) => {
        if (status === ServingStatus.NOT_SERVING) resolve();
      });
    });
    server.signal('SIGTERM');
    expect(await server.exitCode).toBe(1);
    health.close();
  }, 60_000);
});

test.each(ENGINES)(
  'after a kill, users are offline until they come back, on %s',
  async (engine) => {
    const database = await freshDatabase(engine);
    const environment = { PARLEY_DATABASE_URL: database.url, PARLEY_MIGRATE_AT_START: 'true' };
    await using server = await ServerProcess.start(environment);
    const { address } = server;
    const [ann, bob] = await Promise.all([signUp(address, 'ann'), signUp(address, 'bob')]);
    await befriend(address, ann, bob);
    expect(await stateOf(address, bob, ann.userId)).toBe(PresenceState.PRESENCE_STATE_OFFLINE);
    await watch(address, ann).first('caughtUp');
    expect(await stateOf(address, bob, ann.userId)).toBe(PresenceState.PRESENCE_STATE_ONLINE);
    await server.kill();
    await server.start();
    expect(await stateOf(address, bob, ann.userId)).toBe(PresenceState.PRESENCE_STATE_OFFLINE);
    const back = watch(address, ann);
    await back.first('caughtUp');
    expect(await stateOf(address, bob, ann.userId)).toBe(PresenceState.PRESENCE_STATE_ONLINE);
    back.peer.close();
    await server.stop();
    await database.remove();
  },
  60_000,
);
