import { friendStatus } from './codes.ts';
import type { FriendWrites } from './seam/friends.ts';
import type { FriendRow, FriendStatus } from './seam/records.ts';
import type { Sql } from './sql.ts';

const PAIRS_PER_STATEMENT = 1_000;

/** The friends' statements in one open transaction. */
export class SqlFriendWrites implements FriendWrites {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  async between(pairs: readonly (readonly [number, number])[]): Promise<FriendRow[]> {
    const directed = new Map(
      pairs.flatMap(([a, b]) => [
        [`${a}:${b}`, [a, b]],
        [`${b}:${a}`, [b, a]],
      ]),
    );
    const rows = await this.#sql.inChunks(
      [...directed.values()],
      2,
      (chunk) =>
        this.#sql.query<{ user_id: number; friend_id: number; status: number; created_at: number }>(
          'SELECT user_id, friend_id, status, created_at FROM friend WHERE ' +
            this.#sql.dialect.amongTuples(['user_id', 'friend_id'], chunk.length),
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

  async set(userId: number, friendId: number, status: FriendStatus | null, at: number): Promise<void> {
    if (status === null) {
      await this.#sql.run('DELETE FROM friend WHERE user_id = ? AND friend_id = ?', [userId, friendId]);
      return;
    }
    const row = [friendStatus.encode(status), at, userId, friendId];
    const update = 'UPDATE friend SET status = ?, created_at = ? WHERE user_id = ? AND friend_id = ?';
    if ((await this.#sql.run(update, row)).affected > 0) return;
    await this.#sql.run('INSERT INTO friend (status, created_at, user_id, friend_id) VALUES (?, ?, ?, ?)', row);
  }
}
