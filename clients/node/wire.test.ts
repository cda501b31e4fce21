import { describe, expect, test } from '@jest/globals';
import { Message } from '../../proto/gen/parley/v1/message.pb.ts';
import { fromTarget, toInt64, toMessage, toNumber, toTarget } from './wire.ts';

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
    expect(decoded(undefined)).toEqual({ kind: 'unknown' });
  });
});
