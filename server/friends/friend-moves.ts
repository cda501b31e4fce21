import { DomainError } from '../lib/errors.ts';
import type { FriendStatus } from '../store/seam/records.ts';

/** How two users stand: the row of the one who moves, and that of the other. */
export interface PairStanding {
  readonly mine: FriendStatus | null;
  readonly theirs: FriendStatus | null;
}

/** What a user does, and how the two stand after it. The same where there is nothing to do. @throws DomainError */
export type FriendMove = (before: PairStanding) => PairStanding;

const FRIENDS: PairStanding = { mine: 'accepted', theirs: 'accepted' };

/** Asks, or accepts where the other has asked already. @throws DomainError RECIPIENT_UNAVAILABLE to who has blocked them */
export const add: FriendMove = ({ mine, theirs }) => {
  if (mine === 'blocked') throw new DomainError('RECIPIENT_UNAVAILABLE', 'this user can not be added');
  if (mine === 'accepted') return { mine, theirs };
  // Where the other has blocked, it is a request like any other, or the answer would tell.
  return theirs === 'requested' ? FRIENDS : { mine: 'requested', theirs };
};

/** @throws DomainError FRIEND_REQUEST_NOT_FOUND */
export const accept: FriendMove = ({ mine, theirs }) => {
  if (mine === 'accepted') return { mine, theirs };
  if (theirs !== 'requested' || mine === 'blocked') throw requestNotFound();
  return FRIENDS;
};

export const decline: FriendMove = ({ mine, theirs }) => ({ mine, theirs: theirs === 'requested' ? null : theirs });

/** Ends a friendship on both sides, or takes an own request back. */
export const remove: FriendMove = ({ mine, theirs }) => ({
  mine: mine === 'blocked' ? mine : null,
  theirs: unfriended(theirs),
});

/** Their request stays, out of sight: were it gone, it would tell. */
export const block: FriendMove = ({ theirs }) => ({ mine: 'blocked', theirs: unfriended(theirs) });

export const unblock: FriendMove = ({ mine, theirs }) => ({ mine: mine === 'blocked' ? null : mine, theirs });

/** Whether one of the rows is a friend's where it was not, or the other way round. */
export function changesFriendship(before: PairStanding, after: PairStanding): boolean {
  return differsIn('accepted', before, after);
}

/** Whether it may decide who of the two may write to the other. */
export function changesWriters(before: PairStanding, after: PairStanding): boolean {
  return differsIn('accepted', before, after) || differsIn('blocked', before, after);
}

export function requestNotFound(): DomainError {
  return new DomainError('FRIEND_REQUEST_NOT_FOUND', 'there is no friend request of that user');
}

function unfriended(status: FriendStatus | null): FriendStatus | null {
  return status === 'accepted' ? null : status;
}

function differsIn(status: FriendStatus, before: PairStanding, after: PairStanding): boolean {
  return (
    (before.mine === status) !== (after.mine === status) || (before.theirs === status) !== (after.theirs === status)
  );
}
