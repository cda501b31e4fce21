import type { AccountWrites } from './seam/accounts.ts';
import type { UserRecord } from './seam/records.ts';
import type { Sql } from './sql.ts';
import { usersById } from './user-rows.ts';

/** The accounts' statements in one open transaction. */
export class SqlAccountWrites implements AccountWrites {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  async byId(userId: number): Promise<UserRecord | undefined> {
    return (await usersById(this.#sql, [userId])).get(userId);
  }
}
