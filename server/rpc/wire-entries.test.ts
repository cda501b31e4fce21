import { describe, expect, test } from '@jest/globals';

import { JoinPolicy } from '../../proto/gen/parley/v1/group.pb.ts';
import { Content as WireContent, Message } from '../../proto/gen/parley/v1/message.pb.ts';
import { type Attachment, type Content, contentBytes, type Entry, type EntryBody } from '../store/seam/entry.ts';
import { fromContent, toContent, toMessage } from './wire-entries.ts';

const FILE: Attachment = {
  id: 3,
  conversationId: 1,
  fileName: 'plan.txt',
  mediaType: 'text/plain',
  sizeBytes: 2 ** 24,
  sha256: new Uint8Array(32).fill(7),
  createdAt: 1_700_000_000_123,
};

const RICH: Content = {
  text: 'hi @bob',
  payload: { mediaType: 'a/b', data: Uint8Array.of(1) },
  replyToSeq: 4,
  mentions: [{ userId: 9, start: 3, length: 4 }],
  attachments: [FILE],
};

const WIRE_RICH = {
  text: 'hi @bob',
  payload: { mediaType: 'a/b', data: Buffer.of(1) },
  replyToSeq: 4n,
  mentions: [{ userId: 9n, start: 3, length: 4 }],
  attachments: [
    {
      ...{ id: 3n, conversationId: 1n, fileName: 'plan.txt', mediaType: 'text/plain', sizeBytes: 16_777_216n },
      ...{ sha256: Buffer.alloc(32, 7), createTime: new Date(1_700_000_000_123) },
    },
  ],
};

const entry = (body: EntryBody): Entry => ({
  ...{ conversationId: 1, seq: 5, ordinal: 3, target: { kind: 'group', groupId: 2 }, senderId: 8, senderName: 'ann' },
  ...{ clientMessageId: null, createdAt: 0, body },
});

describe('an entry on the wire', () => {
  test.each<[EntryBody, Message['body']]>([
    [
      { kind: 'content', content: RICH },
      { $case: 'content', value: WIRE_RICH },
    ],
    [
      { kind: 'recalled', recallSeq: 6 },
      { $case: 'recalled', value: { recallSeq: 6n } },
    ],
    [
      { kind: 'recall', targetSeq: 4 },
      { $case: 'recall', value: { targetSeq: 4n } },
    ],
    [
      { kind: 'edit', targetSeq: 4, content: RICH, revision: 2 },
      { $case: 'edit', value: { targetSeq: 4n, content: WIRE_RICH, revision: 2 } },
    ],
    [
      { kind: 'edit', targetSeq: 4, content: null, revision: 1 },
      { $case: 'edit', value: { targetSeq: 4n, content: undefined, revision: 1 } },
    ],
    [
      { kind: 'reaction', targetSeq: 4, emoji: '👍', removed: true },
      { $case: 'reaction', value: { targetSeq: 4n, emoji: '👍', removed: true } },
    ],
    [
      { kind: 'group_change', changes: { description: '', historyVisible: false, joinPolicy: 'approval' } },
      {
        $case: 'groupChange',
        value: {
          ...{ name: '', description: '', deleted: false, memberLimit: 0 },
          ...{ joinPolicy: JoinPolicy.JOIN_POLICY_APPROVAL, historyVisible: false },
        },
      },
    ],
  ])('%j', (body, wire) => {
    expect(toMessage(entry(body)).body).toEqual(wire);
  });

  test('has the revision of its content', () => {
    expect(toMessage(entry({ kind: 'content', content: RICH, revision: 3 })).revision).toBe(3);
    expect(toMessage(entry({ kind: 'edit', targetSeq: 4, content: RICH, revision: 3 })).revision).toBe(0);
  });
});

describe('the bytes of an entry', () => {
  const many = <T>(count: number, item: T) => Array<T>(count).fill(item);
  const far = Number.MAX_SAFE_INTEGER;
  const largest: Attachment = {
    ...{ id: far, conversationId: far, fileName: '\u{1f600}'.repeat(255), mediaType: `text/${'x'.repeat(122)}` },
    ...{ sizeBytes: far, sha256: new Uint8Array(32), createdAt: 1_700_000_000_123 },
  };
  const full: Content = {
    text: 'é'.repeat(4_096),
    payload: { mediaType: `text/${'x'.repeat(122)}`, data: new Uint8Array(8_192) },
    replyToSeq: far,
    mentions: many(50, { userId: far, start: 8_000, length: 1 }),
    attachments: many(10, largest),
  };

  test.each<[string, EntryBody]>([
    ['a content', { kind: 'content', content: full, revision: 1_000_000 }],
    ['an edit', { kind: 'edit', targetSeq: far, content: full, revision: 1_000_000 }],
    ['a text', { kind: 'content', content: { text: 'x' } }],
    ['a recall', { kind: 'recall', targetSeq: far }],
    ['a reaction', { kind: 'reaction', targetSeq: far, emoji: '👩🏻‍❤️‍💋‍👨🏿', removed: true }],
    ['a group change', { kind: 'group_change', changes: { name: '漢'.repeat(64), description: '漢'.repeat(512) } }],
    ['a membership', { kind: 'membership', change: 'joined', userId: far, userName: '漢'.repeat(32), role: 'owner' }],
  ])('of %s on the wire are not many more than are counted', (_what, body) => {
    const senderName = '漢'.repeat(32);
    const clientMessageId = '01890a5d-ac96-774b-bcce-b302099a8057';
    const bytes = Message.encode(toMessage({ ...entry(body), senderName, clientMessageId })).finish().byteLength;
    expect(bytes).toBeLessThan(contentBytes(body) + 384);
  });
});

describe('a content from the wire', () => {
  test('has what was given, its attachments by their ids', () => {
    const { attachments, ...rest } = RICH;
    expect(fromContent(WIRE_RICH)).toEqual({ ...rest, payload: WIRE_RICH.payload, attachmentIds: [3] });
    expect(fromContent(WireContent.fromPartial({ text: 'hi' }))).toEqual({ text: 'hi' });
    expect(fromContent(undefined)).toBeUndefined();
    expect(attachments).toHaveLength(1);
  });

  test('comes back as it was', () => {
    const plain = WireContent.fromPartial({ text: 'hi', replyToSeq: 2n });
    expect(toContent(fromContent(plain)!)).toEqual(plain);
  });

  test.each<[Partial<typeof WIRE_RICH>, string]>([
    [{ replyToSeq: -1n }, 'content.reply_to_seq'],
    [{ mentions: [{ userId: 0n, start: 0, length: 1 }] }, 'content.mentions.user_id'],
    [{ attachments: [{ ...WIRE_RICH.attachments[0]!, id: 2n ** 53n }] }, 'content.attachments.id'],
  ])('with what is no id or seq is refused', (part, field) => {
    expect(() => fromContent({ ...WIRE_RICH, ...part })).toThrow(
      expect.objectContaining({ violations: [expect.objectContaining({ field })] }),
    );
  });
});
