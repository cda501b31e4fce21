import { describe, expect, test } from '@jest/globals';
import type { Message, Target } from '../node/index.ts';
import { isWith, parseGroupId, parseWholeNumber } from './target.ts';

describe('parseGroupId', () => {
  test.each(['#12', 'group:12', '12'])('reads %s', (text) => expect(parseGroupId(text)).toBe(12));
  test.each(['#0', '#', 'team', '#1x', '-1', '#9999999999999999'])('refuses %s', (text) => {
    expect(() => parseGroupId(text)).toThrow('a group is named');
  });
});

describe('parseWholeNumber', () => {
  test('takes whole numbers from its minimum up', () => {
    expect(parseWholeNumber('--after', 0)('0')).toBe(0);
    for (const text of ['', '-1', '1.5', '1e3', '0', '99999999999999999']) {
      expect(() => parseWholeNumber('--limit', 1)(text)).toThrow('--limit takes a whole number from 1 up');
    }
  });
});

describe('isWith', () => {
  const [ann, bob, carol] = [1, 2, 3];
  const message = (senderId: number, target: Target) => ({ senderId, target }) as Message;

  test('tells the conversations of a user apart', () => {
    expect(isWith({ userId: bob }, message(bob, { userId: ann }), ann)).toBe(true);
    expect(isWith({ userId: bob }, message(ann, { userId: bob }), ann)).toBe(true);
    expect(isWith({ userId: bob }, message(carol, { userId: ann }), ann)).toBe(false);
    expect(isWith({ userId: bob }, message(ann, { userId: carol }), ann)).toBe(false);
    expect(isWith({ userId: bob }, message(bob, { groupId: 7 }), ann)).toBe(false);
    expect(isWith({ groupId: 7 }, message(bob, { groupId: 7 }), ann)).toBe(true);
    expect(isWith({ groupId: 8 }, message(bob, { groupId: 7 }), ann)).toBe(false);
  });
});
