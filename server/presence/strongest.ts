import type { Being } from '../cluster/roster.ts';
import type { OpenStatus } from './presence.ts';

/** What a user is who is this in several places: online where one of them says so, else away where one does. */
export function strongest(places: Iterable<Being | OpenStatus | null>): OpenStatus {
  const all = new Set(places);
  if (all.has('online')) return 'online';
  return all.has('away') ? 'away' : 'offline';
}
