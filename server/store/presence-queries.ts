import { placeholders } from './dialect.ts';
import type { Engine } from './engine.ts';
import { raiseRows } from './raise-rows.ts';
import type { PresenceRow } from './records.ts';
import type { Sql } from './sql.ts';
import type { PresenceStore } from './store.ts';

const ROWS_PER_STATEMENT = 500;

export class PresenceQueries implements PresenceStore {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async write(replica: string, incarnation: string, rows: readonly PresenceRow[]): Promise<void> {
    if (rows.length === 0) return;
    const latest = [...new Map(rows.map((row) => [row.userId, row])).values()];
    latest.sort((a, b) => a.userId - b.userId);
    const online = latest.filter((row) => row.online);
    const offline = latest.filter((row) => !row.online);
    await this.#engine.write(
      async (sql) => {
        await arrive(sql, replica, incarnation, online);
        await leave(sql, incarnation, offline);
      },
      { repeatable: true },
    );
  }

  expire(replica: string | null, exceptIncarnation: string, at: number): Promise<number> {
    const ofReplica = replica === null ? 'replica IS NOT NULL' : 'replica = ?';
    return this.#engine.write(async (sql) => {
      const { affected } = await sql.run(
        'UPDATE user SET last_seen_at = CASE WHEN last_seen_at < ? THEN ? ELSE last_seen_at END, ' +
          `replica = NULL, incarnation = NULL WHERE ${ofReplica} AND incarnation <> ?`,
        [at, at, ...(replica === null ? [] : [replica]), exceptIncarnation],
      );
      return affected;
    });
  }

  lastSeen(userIds: readonly number[]): Promise<Map<number, number>> {
    return this.#engine.read(async (sql) => {
      const rows = await sql.inChunks(userIds, 1, (ids) =>
        sql.query<{ id: number; last_seen_at: number }>(
          `SELECT id, last_seen_at FROM user WHERE id IN (${placeholders(ids.length)}) AND last_seen_at > 0`,
          ids,
        ),
      );
      return new Map(rows.map((row) => [row.id, row.last_seen_at]));
    });
  }
}

async function arrive(sql: Sql, replica: string, incarnation: string, rows: readonly PresenceRow[]): Promise<void> {
  await raiseRows(sql, lastSeen(rows));
  await inIdChunks(sql, rows, (ids) =>
    sql.run(`UPDATE user SET replica = ?, incarnation = ? WHERE id IN (${placeholders(ids.length)})`, [
      replica,
      incarnation,
      ...ids,
    ]),
  );
}

/** Only where the row still has this incarnation: another may have brought the user online meanwhile. */
async function leave(sql: Sql, incarnation: string, rows: readonly PresenceRow[]): Promise<void> {
  const own = { condition: 't.incarnation = ?', conditionParameters: [incarnation] };
  await raiseRows(sql, { ...lastSeen(rows), ...own });
  await inIdChunks(sql, rows, (ids) =>
    sql.run(
      `UPDATE user SET replica = NULL, incarnation = NULL WHERE id IN (${placeholders(ids.length)}) AND incarnation = ?`,
      [...ids, incarnation],
    ),
  );
}

function lastSeen(rows: readonly PresenceRow[]) {
  return {
    table: 'user',
    keys: ['id'],
    raised: ['last_seen_at'],
    rows: rows.map((row) => [row.userId, row.at] as const),
  };
}

async function inIdChunks(
  sql: Sql,
  rows: readonly PresenceRow[],
  work: (ids: readonly number[]) => Promise<unknown>,
): Promise<void> {
  const run = async (chunk: readonly PresenceRow[]) => {
    await work(chunk.map((row) => row.userId));
    return [];
  };
  await sql.inChunks(rows, 1, run, ROWS_PER_STATEMENT);
}
