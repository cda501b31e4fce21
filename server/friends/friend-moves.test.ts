import { describe, expect, test } from '@jest/globals';

import { DomainError } from '../lib/errors.ts';
import * as moves from './friend-moves.ts';

const STATUSES = [null, 'requested', 'accepted', 'blocked'] as const;
const EVERY_STANDING = STATUSES.flatMap((mine) => STATUSES.map((theirs): moves.PairStanding => ({ mine, theirs })));
const MOVES = ['add', 'accept', 'decline', 'remove', 'block', 'unblock'] as const;

/** A move that is refused changes nothing. */
function after(move: moves.FriendMove, before: moves.PairStanding): moves.PairStanding {
  try {
    return move(before);
  } catch (error) {
    expect(error).toBeInstanceOf(DomainError);
    return before;
  }
}

describe.each(MOVES)('%s, however the two stand', (name) => {
  const each = (check: (before: moves.PairStanding, after: moves.PairStanding) => void) => {
    for (const before of EVERY_STANDING) check(before, after(moves[name], before));
  };

  test('leaves the block of the other as it is, and one’s own until it is taken back', () => {
    each((before, { mine, theirs }) => {
      const blocks = name === 'block' || (name !== 'unblock' && before.mine === 'blocked');
      expect([before, mine === 'blocked', theirs === 'blocked']).toEqual([before, blocks, before.theirs === 'blocked']);
    });
  });

  test('makes nobody half a friend', () => {
    const half = ({ mine, theirs }: moves.PairStanding) => (mine === 'accepted') !== (theirs === 'accepted');
    each((before, now) => expect([before, half(now) && !half(before)]).toEqual([before, false]));
  });

  test('made again changes nothing more', () => {
    each((_before, now) => expect(after(moves[name], now)).toEqual(now));
  });

  test('changes a row of the other only from or to that of a request or a friend', () => {
    each((before, { theirs }) => {
      if (theirs !== before.theirs) expect(['requested', 'accepted']).toContain(before.theirs);
    });
  });

  test('shows the one who is blocked what they would see of a user who did not block them', () => {
    for (const mine of STATUSES) {
      const blocked = moves[name];
      const told = (theirs: moves.PairStanding['theirs']) => {
        try {
          return blocked({ mine, theirs }).mine;
        } catch (error) {
          return error;
        }
      };
      expect([mine, told('blocked')]).toEqual([mine, told(null)]);
    }
  });
});

test('only a friendship or a block decides who may write', () => {
  for (const before of EVERY_STANDING) {
    for (const now of EVERY_STANDING) {
      const friends = (['mine', 'theirs'] as const).some(
        (side) => (before[side] === 'accepted') !== (now[side] === 'accepted'),
      );
      const blocks = (['mine', 'theirs'] as const).some(
        (side) => (before[side] === 'blocked') !== (now[side] === 'blocked'),
      );
      expect(moves.changesFriendship(before, now)).toBe(friends);
      expect(moves.changesWriters(before, now)).toBe(friends || blocks);
    }
  }
});
