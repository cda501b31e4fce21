import type { Target } from '../store/seam/records.ts';

/** A target as the key of a map. */
export function targetKey(target: Target): string {
  return target.kind === 'user' ? `u${target.userId}` : `g${target.groupId}`;
}
