import { placeholders } from './dialect.ts';
import type { UserRecord } from './records.ts';
import type { Row, Sql } from './sql.ts';

/** The columns of a user that others may see. */
export interface UserRow extends Row {
  readonly id: number;
  readonly name: string;
  readonly created_at: number;
}

export function toUserRecord(row: UserRow): UserRecord {
  return { id: row.id, name: row.name, createdAt: row.created_at };
}

/** The users of these ids, by one query. */
export async function usersById(sql: Sql, ids: Iterable<number>): Promise<Map<number, UserRecord>> {
  const rows = await sql.inChunks([...new Set(ids)], 1, (chunk) =>
    sql.query<UserRow>(`SELECT id, name, created_at FROM user WHERE id IN (${placeholders(chunk.length)})`, chunk),
  );
  return new Map(rows.map((row) => [row.id, toUserRecord(row)]));
}
