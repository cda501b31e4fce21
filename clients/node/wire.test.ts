import { describe, expect, test } from '@jest/globals';
import { Message } from '../../proto/gen/parley/v1/message.pb.ts';
import { fromContent, toMessage } from './wire-messages.ts';
import { fromTarget, toInt64, toNumber, toTarget } from './wire.ts';

describe('ids and seqs', () => {
  test('are plain numbers up to 2^53 − 1, and nothing else', () => {
    expect(toNumber(2n ** 53n - 1n)).toBe(Number.MAX_SAFE_INTEGER);
    expect(toInt64(Number.MAX_SAFE_INTEGER)).toBe(2n ** 53n - 1n);
    for (const wire of [2n ** 53n, -1n]) expect(() => toNumber(wire)).toThrow(RangeError);
    for (const value of [2 ** 53, -1, 0.5, Number.NaN]) expect(() => toInt64(value)).toThrow(RangeError);
  });
});

describe('targets', () => {
  test.each([{ userId: 5 }, { groupId: 6 }])('%j goes there and back', (target) => {
    expect(toTarget(fromTarget(target))).toEqual(target);
  });
});

describe('messages', () => {
  const decoded = (body: Parameters<typeof Message.fromPartial>[0]['body']) =>
    toMessage(Message.decode(Message.encode(Message.fromPartial({ conversationId: 3, seq: 4, body })).finish())).body;

  test('of every kind', () => {
    expect(decoded({ $case: 'content', value: { text: 'hi' } })).toEqual({ kind: 'content', content: { text: 'hi' } });
    expect(decoded({ $case: 'membershipChange', value: { kind: 2, userId: 9, userName: 'bob', role: 1 } })).toEqual({
      kind: 'membership',
      change: 'invited',
      userId: 9,
      userName: 'bob',
      role: 'member',
    });
    expect(decoded({ $case: 'groupChange', value: { description: '' } })).toEqual({
      kind: 'group',
      description: '',
      deleted: false,
    });
    expect(decoded({ $case: 'recall', value: { targetSeq: 2 } })).toEqual({ kind: 'recall', targetSeq: 2 });
    expect(decoded({ $case: 'edit', value: { targetSeq: 2, revision: 1, content: { text: 'ho' } } })).toEqual({
      kind: 'edit',
      targetSeq: 2,
      revision: 1,
      content: { text: 'ho' },
    });
    const changes = { memberLimit: 9, joinPolicy: 2, historyVisible: false };
    expect(decoded({ $case: 'groupChange', value: changes })).toEqual({
      kind: 'group',
      deleted: false,
      ...changes,
      joinPolicy: 'invite-only',
    });
    const reaction = { emoji: '👍', removed: true };
    expect(decoded({ $case: 'reaction', value: { targetSeq: 2, ...reaction } })).toEqual({
      kind: 'reaction',
      targetSeq: 2,
      ...reaction,
    });
    expect(decoded({ $case: 'recalled', value: { recallSeq: 7 } })).toEqual({ kind: 'recalled', recallSeq: 7 });
    expect(decoded(undefined)).toEqual({ kind: 'unknown' });
  });

  test('what a content refers to goes there and back', () => {
    const mentions = [{ userId: 5, start: 0, length: 4 }];
    const wire = fromContent({ text: '@bob look', replyToSeq: 3, mentions, attachments: [{ id: 8 }] });
    expect(wire).toMatchObject({ replyToSeq: 3n, attachments: [{ id: 8n, fileName: '' }] });
    const sha256 = Buffer.alloc(32, 1);
    const file = { fileName: 'a.png', mediaType: 'image/png', sha256, createTime: new Date(9_000) };
    const told = { ...wire, attachments: [{ id: 8, conversationId: 3, sizeBytes: 10, ...file }] };
    expect(decoded({ $case: 'content', value: told })).toEqual({
      kind: 'content',
      content: {
        text: '@bob look',
        replyToSeq: 3,
        mentions,
        attachments: [{ id: 8, conversationId: 3, sizeBytes: 10, ...file }],
      },
    });
  });
});
