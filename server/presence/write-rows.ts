import type { StandingAt } from '../cluster/roster.ts';
import type { PresenceStore, Run } from '../store/seam/presence.ts';
import type { PresenceRow } from '../store/seam/records.ts';

/**
 * Stores who has come to a run and who has gone from it.
 *
 * @param elsewhere how those who have gone are on other runs: who is on one goes on there in the database
 */
export async function writeRows(
  store: Pick<PresenceStore, 'write' | 'move'>,
  { replica, incarnation }: Run,
  rows: readonly PresenceRow[],
  elsewhere: ReadonlyMap<number, readonly StandingAt[]>,
): Promise<void> {
  const runOf = (userId: number) => elsewhere.get(userId)?.find(({ is }) => is !== null)?.run;
  for (const [to, some] of Map.groupBy(rows, ({ userId, online }) => (online ? undefined : runOf(userId)))) {
    if (to === undefined) await store.write(replica, incarnation, some);
    else await store.move(incarnation, to, some);
  }
}
