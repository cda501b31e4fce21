import { accountState } from './codes.ts';
import { placeholders } from './dialect.ts';
import type { UserRecord } from './seam/records.ts';
import type { Row, Sql } from './sql.ts';

/** The columns of a user that others may see. */
export interface UserRow extends Row {
  readonly id: number;
  readonly name: string;
  readonly created_at: number;
  readonly state: number;
}

/** The columns of a user `u`, for toUserRecord. */
export const USER_COLUMNS = 'u.id, u.name, u.created_at, u.state';

export function toUserRecord(row: UserRow): UserRecord {
  const deleted = accountState.decode(row.state) !== 'active';
  return { id: row.id, name: row.name, createdAt: row.created_at, deleted };
}

/** The users of these ids, by one query. */
export async function usersById(sql: Sql, ids: Iterable<number>): Promise<Map<number, UserRecord>> {
  const rows = await sql.inChunks([...new Set(ids)], 1, (chunk) =>
    sql.query<UserRow>(`SELECT ${USER_COLUMNS} FROM user u WHERE u.id IN (${placeholders(chunk.length)})`, chunk),
  );
  return new Map(rows.map((row) => [row.id, toUserRecord(row)]));
}
