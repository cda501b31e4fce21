import { accountState } from './codes.ts';
import { placeholders } from './dialect.ts';
import type { AccountWrites } from './seam/accounts.ts';
import type { Credentials, UserRecord } from './seam/records.ts';
import type { Sql } from './sql.ts';
import { deletedFoldedName, deletingFoldedName } from './unclaimable-names.ts';
import { toUserRecord, USER_COLUMNS, type UserRow, usersById } from './user-rows.ts';

/** What everybody sees in the place of a deleted account's name. */
const DELETED_NAME = 'deleted user';

/** The accounts' statements in one open transaction. */
export class SqlAccountWrites implements AccountWrites {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  async byId(userId: number): Promise<UserRecord | undefined> {
    return (await usersById(this.#sql, [userId])).get(userId);
  }

  async deletedAmong(userIds: readonly number[]): Promise<Set<number>> {
    const rows = await this.#sql.inChunks([...new Set(userIds)], 1, (ids) =>
      this.#sql.query<{ id: number }>(
        `SELECT id FROM user WHERE id IN (${placeholders(ids.length)}) AND state <> ${accountState.encode('active')}`,
        ids,
      ),
    );
    return new Set(rows.map(({ id }) => id));
  }

  lock(userId: number): Promise<Credentials | undefined> {
    return lockAccount(this.#sql, userId);
  }

  async rename(userId: number, name: string, foldedName: string): Promise<void> {
    await this.#sql.run('UPDATE user SET name = ?, folded_name = ? WHERE id = ?', [name, foldedName, userId]);
  }

  async setPasswordHash(userId: number, passwordHash: string): Promise<void> {
    await this.#sql.run('UPDATE user SET password_hash = ? WHERE id = ?', [passwordHash, userId]);
  }

  async setPresenceHidden(userId: number, hidden: boolean): Promise<void> {
    await this.#sql.run('UPDATE user SET presence_hidden = ? WHERE id = ?', [hidden ? 1 : 0, userId]);
  }

  async deleteSessions(userId: number, exceptId: number | null): Promise<number[]> {
    // Ids begin at 1.
    const which = 'user_id = ? AND id <> ?';
    const parameters = [userId, exceptId ?? 0];
    const rows = await this.#sql.query<{ id: number }>(`SELECT id FROM session WHERE ${which}`, parameters);
    await this.#sql.run(`DELETE FROM session WHERE ${which}`, parameters);
    return rows.map(({ id }) => id);
  }

  beginDeletion(userId: number): Promise<void> {
    return this.#setState(userId, 'deleting', deletingFoldedName(userId));
  }

  endDeletion(userId: number): Promise<void> {
    return this.#setState(userId, 'deleted', deletedFoldedName(userId));
  }

  async #setState(userId: number, state: 'deleting' | 'deleted', foldedName: string): Promise<void> {
    await this.#sql.run(`UPDATE user SET state = ?, name = ?, folded_name = ?, password_hash = '' WHERE id = ?`, [
      accountState.encode(state),
      DELETED_NAME,
      foldedName,
      userId,
    ]);
  }
}

/** Locks a user's row until the transaction ends. */
export async function lockAccount(sql: Sql, userId: number): Promise<Credentials | undefined> {
  const [row] = await sql.query<UserRow & { password_hash: string }>(
    `SELECT ${USER_COLUMNS}, u.password_hash FROM user u WHERE u.id = ?${sql.dialect.forUpdate}`,
    [userId],
  );
  return row && { ...toUserRecord(row), passwordHash: row.password_hash };
}
