/**
 * Folded names of deleted accounts: unique like all of them, and no name folds to one, as names have no colon. Those
 * under way have a prefix of their own, by which the index on folded names finds them.
 */

const DELETING = ':deleting:';

export function deletingFoldedName(userId: number): string {
  return `${DELETING}${userId}`;
}

export function deletedFoldedName(userId: number): string {
  return `:${userId}`;
}

/** The folded names of the deletions under way: from the first one up to, and without, the second. */
export const DELETING_RANGE: readonly [string, string] = [DELETING, ':deleting;'];
