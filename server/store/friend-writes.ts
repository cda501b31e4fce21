import { friendStatus } from './codes.ts';
import { friendRowsBetween } from './friend-rows.ts';
import type { FriendWrites } from './seam/friends.ts';
import type { FriendRow, FriendStatus } from './seam/records.ts';
import type { Sql } from './sql.ts';

/** The friends' statements in one open transaction. */
export class SqlFriendWrites implements FriendWrites {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  between(pairs: readonly (readonly [number, number])[]): Promise<FriendRow[]> {
    return friendRowsBetween(this.#sql, pairs);
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

  async removeAll(userId: number): Promise<number[]> {
    const rows = await this.#sql.query<{ friend_id: number }>(
      'SELECT friend_id FROM friend WHERE user_id = ? AND status = ?',
      [userId, friendStatus.encode('accepted')],
    );
    await this.#sql.run('DELETE FROM friend WHERE user_id = ?', [userId]);
    await this.#sql.run('DELETE FROM friend WHERE friend_id = ?', [userId]);
    return rows.map((row) => row.friend_id);
  }
}
