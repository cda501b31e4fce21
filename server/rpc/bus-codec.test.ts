import { readFileSync } from 'node:fs';

import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';

import { BusEnvelope } from '../../proto/gen/parley/internal/v1/bus.pb.ts';
import { ChatResponse } from '../../proto/gen/parley/v1/chat_service.pb.ts';
import { Message } from '../../proto/gen/parley/v1/message.pb.ts';
import { ToldLog } from '../../test/bus/told-log.ts';
import { ManualClock } from '../../test/domain/manual-clock.ts';
import type { BusEvent } from '../bus/bus.ts';
import type { Content, Entry, EntryBody, GroupChanges } from '../store/seam/entry.ts';
import { BusCodec } from './bus-codec.ts';
import { encodeEntry } from './encoded-entries.ts';
import { outboundEncoder } from './outbound-frames.ts';

const id = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const seq = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const count = fc.integer({ min: 1, max: 2 ** 31 - 1 });
const time = fc.integer({ min: 1, max: 4_000_000_000_000 });
const text = fc.string({ unit: 'grapheme', maxLength: 200 });
const bytes = (constraints: fc.IntArrayConstraints) =>
  fc.uint8Array(constraints).map((data) => Buffer.from(data) as Uint8Array);
const constant = <const T>(value: T) => fc.constant(value);
const role = fc.constantFrom('member' as const, 'admin' as const, 'owner' as const);

const content: fc.Arbitrary<Content> = fc.record(
  {
    text,
    payload: fc.record({ mediaType: text, data: bytes({ maxLength: 100 }) }),
    replyToSeq: id,
    mentions: fc.array(fc.record({ userId: id, start: fc.nat(), length: count }), { minLength: 1, maxLength: 3 }),
    attachments: fc.array(
      fc.record({
        ...{ id, conversationId: id, fileName: text, mediaType: text, sizeBytes: seq, createdAt: time },
        sha256: bytes({ minLength: 32, maxLength: 32 }),
      }),
      { minLength: 1, maxLength: 3 },
    ),
  },
  { requiredKeys: ['text'] },
);

const changes: fc.Arbitrary<GroupChanges> = fc.record(
  {
    name: text.filter((name) => name !== ''),
    description: text,
    memberLimit: count,
    joinPolicy: fc.constantFrom('open' as const, 'invite_only' as const, 'approval' as const),
    historyVisible: fc.boolean(),
    deleted: constant(true),
  },
  { requiredKeys: [] },
);

const body: fc.Arbitrary<EntryBody> = fc.oneof(
  fc.record({ kind: constant('content'), content, revision: count }, { requiredKeys: ['kind', 'content'] }),
  fc.record({ kind: constant('recalled'), recallSeq: id }),
  fc.record({
    kind: constant('membership'),
    change: fc.constantFrom('joined' as const, 'invited' as const, 'left' as const, 'removed' as const, 'role_changed'),
    ...{ userId: id, userName: text, role: fc.option(role) },
  }),
  fc.record({ kind: constant('group_change'), changes }),
  fc.record({ kind: constant('recall'), targetSeq: id }),
  fc.record({ kind: constant('edit'), targetSeq: id, content: fc.option(content), revision: count }),
  fc.record({ kind: constant('reaction'), targetSeq: id, emoji: text, removed: fc.boolean() }),
);

const target = fc.oneof(
  fc.record({ kind: constant('user'), userId: id }),
  fc.record({ kind: constant('group'), groupId: id }),
);

const entry: fc.Arbitrary<Entry> = fc.record({
  ...{ conversationId: id, seq: id, ordinal: seq, target, senderId: id, senderName: text, createdAt: time, body },
  clientMessageId: fc.option(fc.uuid()),
});

const signal = { to: fc.option(id), conversationId: id, userId: id };

const event: fc.Arbitrary<BusEvent> = fc.oneof(
  { arbitrary: fc.record({ type: constant('entry'), entry, membersVersion: seq }), weight: 10 },
  fc.record({ type: constant('membership'), conversationId: id, userId: id }),
  fc.record({ type: constant('session-revoked'), userId: id, sessionId: id }),
  fc.record({ type: constant('account-changed'), userId: id }),
  fc.record({ type: constant('friendship'), userId: id, friendId: id }),
  fc.record({ type: constant('receipt'), ...signal, deliveredSeq: seq, readSeq: seq }),
  fc.record({ type: constant('typing'), ...signal, target, stopped: fc.boolean() }),
  fc.record({
    ...{ type: constant('presence'), to: id, userId: id, lastSeenAt: fc.option(time) },
    status: fc.constantFrom('online' as const, 'away' as const, 'offline' as const, 'hidden' as const),
  }),
);

const frames = outboundEncoder({ heartbeatMs: 10_000, heartbeatMisses: 5 });

const ENTRY: Entry = {
  ...{ conversationId: 1, seq: 2, ordinal: 2, target: { kind: 'user', userId: 3 }, senderId: 4, senderName: 'ann' },
  ...{ clientMessageId: null, createdAt: 1, body: { kind: 'content', content: { text: 'hi' } } },
};

describe('what replicas tell each other', () => {
  let clock: ManualClock;
  let log: ToldLog;
  let here: BusCodec;
  let there: BusCodec;

  beforeEach(() => {
    clock = new ManualClock();
    log = new ToldLog();
    const parts = { clock, events: log.events };
    here = new BusCodec('here', parts);
    there = new BusCodec('there', parts);
  });

  test('arrives as it was told, and entries are delivered there byte for byte as they are here', () => {
    fc.assert(
      fc.property(event, (told) => {
        const arrived = there.decode(here.encode(told));
        expect(arrived).toEqual(told);
        if (told.type !== 'entry' || arrived?.type !== 'entry') return;
        const deliver = (one: Entry) => frames({ type: 'deliver', entries: [one] });
        expect(deliver(arrived.entry).equals(deliver(told.entry))).toBe(true);
      }),
      { numRuns: 500 },
    );
    expect(log.lines).toEqual([]);
  });

  test.each(['gen/descriptor.binpb', 'released.binpb'])('is no part of the contract: proto/%s', (image) => {
    const contract = readFileSync(new URL(`../../proto/${image}`, import.meta.url));
    expect([contract.includes('parley/v1/'), contract.includes('parley/internal')]).toEqual([true, false]);
  });

  test('does not come back to who told it', () => {
    expect(here.decode(here.encode({ type: 'account-changed', userId: 1 }))).toBeUndefined();
    expect(log.lines).toEqual([]);
  });

  test('arrives with what only a newer version knows: the same bytes go to the streams', () => {
    const bytes = here.encode({ type: 'entry', entry: ENTRY, membersVersion: 1 });
    const envelope = BusEnvelope.decode(bytes);
    if (envelope.event?.$case !== 'entry') throw new Error('no entry');
    const added = new BinaryWriter().uint32((99 << 3) | 2).string('new');
    envelope.event.value.message = Buffer.concat([envelope.event.value.message, added.finish()]);
    const newer = Buffer.concat([
      BusEnvelope.encode(envelope).finish(),
      added
        .uint32((98 << 3) | 0)
        .uint32(1)
        .finish(),
    ]);

    const arrived = there.decode(newer);
    expect(arrived).toEqual({ type: 'entry', entry: ENTRY, membersVersion: 1 });
    if (arrived?.type !== 'entry') throw new Error('no entry');
    const frame = frames({ type: 'deliver', entries: [arrived.entry] });
    expect(frame.includes(envelope.event.value.message)).toBe(true);
    expect(ChatResponse.decode(frame).frame?.$case).toBe('deliver');
  });

  describe('what can not be read', () => {
    const envelope = (fields: Partial<BusEnvelope>) =>
      BusEnvelope.encode({ version: 1, origin: 'here', event: undefined, ...fields }).finish();
    const message = (fields: Partial<Message>) => {
      const entry = Message.fromPartial({ ...Message.decode(encodeEntry(ENTRY)), ...fields });
      const value = {
        conversationId: 1n,
        seq: 2n,
        membersVersion: 1n,
        message: Buffer.from(Message.encode(entry).finish()),
      };
      return envelope({ event: { $case: 'entry', value } });
    };
    const accountChanged = { $case: 'accountChanged', value: { userId: 1n } } as const;

    test.each([
      ['nothing', new Uint8Array()],
      ['no protobuf', Buffer.from('\xff\xff\xff\xff\xff')],
      ['a text', Buffer.from('hello')],
      ['a later version', envelope({ version: 2, event: accountChanged })],
      ['no version', envelope({ version: 0, event: accountChanged })],
      ['an event of an unknown kind', envelope({})],
      ['an id of nobody', envelope({ event: { $case: 'accountChanged', value: { userId: 0n } } })],
      ['an id beyond 2^53', envelope({ event: { $case: 'accountChanged', value: { userId: 2n ** 53n } } })],
      ['an entry of an unknown kind', message({ body: undefined })],
      ['an entry without a time', message({ createTime: undefined })],
      ['an entry without a target', message({ target: undefined })],
      ['another entry than it says', message({ seq: 3n })],
    ])('is dropped: %s', (_what, bytes) => {
      expect(there.decode(bytes)).toBeUndefined();
      expect(log.messages).toEqual(['events of another version, or of nobody here, dropped']);
    });

    test('is dropped whatever it is, with a warning a minute', () => {
      let unreadable = 0;
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 200 }), (garbage) => {
          if (there.decode(garbage) === undefined) unreadable += 1;
        }),
      );
      clock.advance(60_000);
      there.decode(Buffer.from('hello'));
      expect(log.lines.map(({ lost }) => lost)).toEqual([1, unreadable]);
    });
  });

  describe('an entry', () => {
    const encode = Message.encode;
    let encodes: number;

    beforeEach(() => {
      encodes = 0;
      Message.encode = (...args) => {
        encodes += 1;
        return encode(...args);
      };
    });
    afterEach(() => {
      Message.encode = encode;
    });

    test('is encoded once, for two channels and for readers everywhere', () => {
      const told: BusEvent = { type: 'entry', entry: { ...ENTRY }, membersVersion: 1 };
      const bytes = here.encode(told);
      expect(here.encode(told)).toBe(bytes);
      frames({ type: 'deliver', entries: [told.entry] });
      expect(encodes).toBe(1);

      const arrived = there.decode(bytes);
      if (arrived?.type !== 'entry') throw new Error('no entry');
      for (let reader = 0; reader < 3; reader++) frames({ type: 'deliver', entries: [arrived.entry] });
      expect(encodes).toBe(1);
    });

    test('whose copy says something else is encoded anew', () => {
      const entry = { ...ENTRY };
      const bytes = here.encode({ type: 'entry', entry, membersVersion: 1 });
      const recalled: Entry = { ...entry, body: { kind: 'recalled', recallSeq: 9 } };
      expect(here.encode({ type: 'entry', entry: recalled, membersVersion: 1 })).not.toEqual(bytes);
      expect(encodes).toBe(2);
    });

    test('that a reader here was given before is not encoded again for the others', () => {
      const entry = { ...ENTRY };
      frames({ type: 'deliver', entries: [entry] });
      here.encode({ type: 'entry', entry, membersVersion: 1 });
      expect(encodes).toBe(1);
    });
  });
});
