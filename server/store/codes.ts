import type { EntryBody } from './seam/entry.ts';
import type { FriendStatus, GroupRole, JoinPolicy } from './seam/records.ts';

/** How a word of the domain is written in a smallint column. The numbers are stored: never change one. */
export interface Code<Word extends string> {
  encode(word: Word): number;
  /** @throws RangeError for a number that no word has. */
  decode(code: unknown): Word;
}

function code<Word extends string>(name: string, numbers: Readonly<Record<Word, number>>): Code<Word> {
  const words = new Map(Object.entries<number>(numbers).map(([word, number]) => [number, word as Word]));
  return {
    encode: (word) => numbers[word],
    decode(stored) {
      const word = words.get(Number(stored));
      if (word === undefined) throw new RangeError(`unknown ${name}: ${String(stored)}`);
      return word;
    },
  };
}

export const accountState = code<'active' | 'deleting' | 'deleted'>('account state', {
  active: 1,
  deleting: 2,
  deleted: 3,
});
export const friendStatus = code<FriendStatus>('friend status', { requested: 1, accepted: 2, blocked: 3 });
export const groupRole = code<GroupRole>('group role', { member: 1, admin: 2, owner: 3 });
export const joinPolicy = code<JoinPolicy>('join policy', { open: 1, invite_only: 2, approval: 3 });
export const conversationKind = code<'direct' | 'group'>('conversation kind', { direct: 1, group: 2 });
export const entryKind = code<EntryBody['kind']>('entry kind', {
  content: 1,
  membership: 2,
  group_change: 3,
  recall: 4,
  edit: 5,
  reaction: 6,
  recalled: 7,
});
export const uploadState = code<'uploading' | 'complete' | 'collected'>('upload state', {
  uploading: 1,
  complete: 2,
  collected: 3,
});
