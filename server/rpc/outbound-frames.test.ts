import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';

import { ChatResponse } from '../../proto/gen/parley/v1/chat_service.pb.ts';
import { PresenceState } from '../../proto/gen/parley/v1/presence.pb.ts';
import type { Outbound } from '../delivery/outbound.ts';
import type { Entry, EntryBody } from '../store/seam/entry.ts';
import { outboundEncoder } from './outbound-frames.ts';
import { toMessage } from './wire-entries.ts';

const encode = outboundEncoder({ heartbeatMs: 10_000, heartbeatMisses: 5 });

const number = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const data = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
const body: fc.Arbitrary<EntryBody> = fc.oneof(
  fc.record({
    kind: fc.constant('content' as const),
    content: fc.oneof(
      fc.record({ text: fc.string({ unit: 'grapheme', maxLength: 300 }) }),
      fc.record({ text: fc.string(), payload: fc.record({ mediaType: fc.constant('a/b'), data }) }),
    ),
  }),
  fc.record({
    kind: fc.constant('membership' as const),
    change: fc.constantFrom('joined' as const, 'left' as const),
    userId: number,
    userName: fc.string(),
    role: fc.constantFrom('member' as const, null),
  }),
);
const entry: fc.Arbitrary<Entry> = fc.record({
  conversationId: number,
  seq: number,
  ordinal: number,
  target: fc.oneof(
    fc.record({ kind: fc.constant('user' as const), userId: number }),
    fc.record({ kind: fc.constant('group' as const), groupId: number }),
  ),
  senderId: number,
  senderName: fc.string(),
  clientMessageId: fc.oneof(fc.uuid(), fc.constant(null)),
  createdAt: fc.integer({ min: 0, max: 4_000_000_000_000 }),
  body,
});

test('entries that are encoded one by one make the frame that the contract describes', () => {
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 5 }), (entries) => {
      const frame = { $case: 'deliver' as const, value: { messages: entries.map(toMessage) } };
      const expected = Buffer.from(ChatResponse.encode({ frame }).finish());
      expect(encode({ type: 'deliver', entries }).equals(expected)).toBe(true);
      // The second time from what was kept.
      expect(encode({ type: 'deliver', entries }).equals(expected)).toBe(true);
    }),
  );
});

test.each<[Outbound, ChatResponse['frame']]>([
  [
    { type: 'receipts', cursors: [{ conversationId: 1, userId: 2, deliveredSeq: 4, readSeq: 3 }] },
    {
      $case: 'receipts',
      value: { receipts: [{ conversationId: 1n, userId: 2n, deliveredSeq: 4n, readSeq: 3n }] },
    },
  ],
  [
    { type: 'typing', conversationId: 1, userId: 2, target: { kind: 'group', groupId: 3 }, stopped: true },
    {
      $case: 'typing',
      value: { conversationId: 1n, userId: 2n, target: { target: { $case: 'groupId', value: 3n } }, stopped: true },
    },
  ],
  [
    { type: 'presence', userId: 2, status: 'offline', lastSeenAt: 7_000 },
    {
      $case: 'presence',
      value: { userId: 2n, state: PresenceState.PRESENCE_STATE_OFFLINE, lastSeenTime: new Date(7_000) },
    },
  ],
])('%j is told as the contract has it', (outbound, frame) => {
  expect(ChatResponse.decode(encode(outbound)).frame).toEqual(frame);
});
