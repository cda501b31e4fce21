import { afterEach, beforeEach, expect, test } from '@jest/globals';

import { FadingBus } from '../../test/delivery/fading-bus.ts';
import { silentEvents } from '../../test/domain/domain.ts';
import { ManualClock } from '../../test/domain/manual-clock.ts';
import type { UserRecord } from '../store/seam/records.ts';
import type { ChatSession } from './chat-session.ts';
import { SessionWatch, type WatchedStream } from './session-watch.ts';

const called = (id: number, name: string): UserRecord => ({ id, name, createdAt: 0, deleted: false });

class Stream implements WatchedStream {
  readonly caller: WatchedStream['caller'];
  user: UserRecord;
  over = false;

  constructor(sessionId: number, user: UserRecord) {
    const times = { createdAt: 0, lastUsedAt: 0, expiresAt: 1 };
    this.caller = { user, session: { id: sessionId, userId: user.id, deviceName: '', ...times } };
    this.user = user;
  }

  revoked(): void {
    this.over = true;
  }

  nameUser(user: UserRecord): void {
    this.user = user;
  }
}

let clock: ManualClock;
let bus: FadingBus;
let streams: Stream[];
/** The sessions that exist, with their users. */
let stored: Map<number, UserRecord>;
let reads: number[][];
let beforeAnswer: () => void | Promise<void>;
let watch: SessionWatch;

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

beforeEach(() => {
  clock = new ManualClock();
  bus = new FadingBus('up');
  streams = [];
  stored = new Map();
  reads = [];
  beforeAnswer = () => undefined;
});

afterEach(() => watch[Symbol.asyncDispose]());

async function start(): Promise<void> {
  const current = async (ids: readonly number[]) => {
    reads.push([...ids]);
    const found = ids.flatMap((id) => {
      const user = stored.get(id);
      return user === undefined ? [] : [{ id, user }];
    });
    await beforeAnswer();
    return found;
  };
  const open = () => streams.filter(({ over }) => !over) as unknown as ChatSession[];
  watch = new SessionWatch({ sessions: { current }, streams: { open }, bus, clock, events: silentEvents });
  bus.onState(() => watch.busChanged());
  await settle();
}

function openStreams(count: number): void {
  for (let id = 1; id <= count; id += 1) {
    stored.set(id, called(id, `user ${id}`));
    streams.push(new Stream(id, called(id, `user ${id}`)));
  }
}

async function pass(ms: number): Promise<void> {
  clock.advance(ms);
  await settle();
}

test('a stream whose session is gone is ended, one whose user has another name is renamed, others are let be', async () => {
  openStreams(3);
  const before = streams[2]!.user;
  stored.delete(1);
  stored.set(2, called(2, 'anew'));
  await start();
  expect(streams.map(({ over }) => over)).toEqual([true, false, false]);
  expect(streams[1]!.user.name).toBe('anew');
  expect(streams[2]!.user).toBe(before);
});

test('a session with several streams is read once', async () => {
  openStreams(1);
  streams.push(new Stream(1, streams[0]!.user));
  stored.clear();
  await start();
  expect(reads).toEqual([[1]]);
  expect(streams.every(({ over }) => over)).toBe(true);
});

test('a name that was told while the sessions were read is newer', async () => {
  openStreams(1);
  stored.set(1, called(1, 'old'));
  beforeAnswer = () => streams[0]!.nameUser(called(1, 'newest'));
  await start();
  expect(streams[0]!.user.name).toBe('newest');
});

test('while the bus is up, all are looked at once a minute, a few at a time', async () => {
  openStreams(500);
  await start();
  expect(reads.map(({ length }) => length)).toEqual([200]);
  await pass(17_999);
  expect(reads).toHaveLength(1);
  await pass(4_001);
  await pass(22_000);
  expect(reads.map(({ length }) => length)).toEqual([200, 200, 100]);
  expect(new Set(reads.flat()).size).toBe(500);
});

test('while it is away, all are looked at every second', async () => {
  openStreams(500);
  await start();
  bus.become('degraded');
  await settle();
  expect(reads.slice(1).map(({ length }) => length)).toEqual([200, 200, 100]);
  stored.delete(450);
  await pass(1_000);
  expect(reads).toHaveLength(7);
  expect(streams[449]!.over).toBe(true);
});

test('when it is back, all are looked at once more, also where that fails at first', async () => {
  openStreams(300);
  bus = new FadingBus('degraded');
  await start();
  reads = [];
  beforeAnswer = () => Promise.reject(new Error('no database'));
  bus.become('up');
  await settle();
  expect(reads).toHaveLength(1);
  beforeAnswer = () => undefined;
  await pass(1_000);
  expect(reads.slice(1).map(({ length }) => length)).toEqual([200, 100]);
  await pass(10_000);
  expect(reads).toHaveLength(3);
});
