import { describe, expect, test } from '@jest/globals';
import {
  accountState,
  conversationKind,
  entryKind,
  friendStatus,
  groupRole,
  joinPolicy,
  uploadState,
} from './codes.ts';

/** As they are stored: whoever changes one makes every database unreadable. */
const STORED = [
  [accountState, { active: 1, deleting: 2, deleted: 3 }],
  [friendStatus, { requested: 1, accepted: 2, blocked: 3 }],
  [groupRole, { member: 1, admin: 2, owner: 3 }],
  [joinPolicy, { open: 1, invite_only: 2, approval: 3 }],
  [conversationKind, { direct: 1, group: 2 }],
  [entryKind, { content: 1, membership: 2, group_change: 3, recall: 4, edit: 5, reaction: 6, recalled: 7 }],
  [uploadState, { uploading: 1, complete: 2, collected: 3 }],
] as const;

describe('codes', () => {
  test('are those that databases hold', () => {
    for (const [code, words] of STORED) {
      for (const [word, number] of Object.entries(words)) {
        expect(code.encode(word as never)).toBe(number);
        expect(code.decode(number)).toBe(word);
        // As a driver may give it.
        expect(code.decode(String(number))).toBe(word);
      }
    }
  });

  test('that no word has are refused, and named', () => {
    expect(() => groupRole.decode(9)).toThrow(new RangeError('unknown group role: 9'));
    expect(() => entryKind.decode(null)).toThrow(RangeError);
  });
});
