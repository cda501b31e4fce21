import { friendStatus } from './codes.ts';
import type { FriendRow } from './seam/records.ts';
import type { Sql } from './sql.ts';

const PAIRS_PER_STATEMENT = 1_000;

/** The friend rows between pairs of users, in both directions. */
export async function friendRowsBetween(sql: Sql, pairs: readonly (readonly [number, number])[]): Promise<FriendRow[]> {
  const directed = new Map(
    pairs.flatMap(([a, b]) => [
      [`${a}:${b}`, [a, b]],
      [`${b}:${a}`, [b, a]],
    ]),
  );
  const rows = await sql.inChunks(
    [...directed.values()],
    2,
    (chunk) =>
      sql.query<{ user_id: number; friend_id: number; status: number; created_at: number }>(
        'SELECT user_id, friend_id, status, created_at FROM friend WHERE ' +
          sql.dialect.amongTuples(['user_id', 'friend_id'], chunk.length),
        chunk.flat(),
      ),
    PAIRS_PER_STATEMENT,
  );
  return rows.map((row) => ({
    userId: row.user_id,
    friendId: row.friend_id,
    status: friendStatus.decode(row.status),
    createdAt: row.created_at,
  }));
}
