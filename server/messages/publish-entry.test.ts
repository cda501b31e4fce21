import { beforeEach, expect, test } from '@jest/globals';

import { RecordingBus } from '../../test/domain/domain.ts';
import type { Entry } from '../store/seam/entry.ts';
import type { Target } from '../store/seam/records.ts';
import { publishEntry, publishRepeat } from './publish-entry.ts';

const [ANN, BOB, TEAM] = [1, 2, 3];

let bus: RecordingBus;

beforeEach(() => {
  bus = new RecordingBus();
});

const entryTo = (target: Target): Entry => ({
  conversationId: 9,
  seq: 4,
  ordinal: 4,
  target,
  senderId: ANN,
  senderName: 'ann',
  clientMessageId: null,
  createdAt: 0,
  body: { kind: 'content', content: { text: 'hi' } },
});

test('a direct entry goes to the one it is for, and to the sender’s other devices', () => {
  const entry = entryTo({ kind: 'user', userId: BOB });
  publishEntry(bus, entry, 7);
  const event = { type: 'entry', entry, membersVersion: 7 };
  expect(bus.published).toEqual([
    { channel: `user:${BOB}`, event },
    { channel: `user:${ANN}`, event },
  ]);
});

test('a group’s entry goes to the group alone', () => {
  const entry = entryTo({ kind: 'group', groupId: TEAM });
  publishEntry(bus, entry, 7);
  expect(bus.published).toEqual([{ channel: `group:${TEAM}`, event: { type: 'entry', entry, membersVersion: 7 } }]);
});

test('a direct repeat sends the streams of both to the log', () => {
  publishRepeat(bus, { id: 9, kind: 'direct', users: [ANN, BOB] });
  expect(bus.published).toEqual(
    [ANN, BOB].map((userId) => ({
      channel: `user:${userId}`,
      event: { type: 'membership', conversationId: 9, userId },
    })),
  );
});

test('a group’s repeat tells nobody: its tail finds it', () => {
  publishRepeat(bus, { id: 9, kind: 'group', groupId: TEAM });
  expect(bus.published).toEqual([]);
});
