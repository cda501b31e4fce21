import { placeholders } from './dialect.ts';
import type { Engine } from './engine.ts';
import type { PresenceRow } from './seam/records.ts';
import type { Sql } from './sql.ts';
import type { PresenceStore } from './seam/presence.ts';
import { updateRows } from './update-rows.ts';

export class PresenceQueries implements PresenceStore {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async write(replica: string, incarnation: string, rows: readonly PresenceRow[]): Promise<void> {
    if (rows.length === 0) return;
    const latest = [...new Map(rows.map((row) => [row.userId, row])).values()];
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
        `UPDATE user SET last_seen_at = ${sql.dialect.greatest('last_seen_at', '?')}, replica = NULL, incarnation = NULL
         WHERE ${ofReplica} AND incarnation <> ?`,
        [at, ...(replica === null ? [] : [replica]), exceptIncarnation],
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
  const set = { last_seen_at: lastSeenAt(sql), replica: '?', incarnation: '?' };
  await updateRows(sql, { ...users(rows), set, parameters: [replica, incarnation] });
}

/** Only where no other incarnation has brought the user online meanwhile. */
async function leave(sql: Sql, incarnation: string, rows: readonly PresenceRow[]): Promise<void> {
  const set = { last_seen_at: lastSeenAt(sql), replica: 'NULL', incarnation: 'NULL' };
  await updateRows(sql, {
    ...users(rows),
    set,
    condition: '(t.incarnation = ? OR t.incarnation IS NULL)',
    parameters: [incarnation],
  });
}

/** Clocks of replicas differ: the later time stays. */
function lastSeenAt({ dialect }: Sql): string {
  return dialect.greatest('t.last_seen_at', 'v.last_seen_at');
}

function users(rows: readonly PresenceRow[]) {
  return {
    table: 'user',
    keys: ['id'],
    values: ['last_seen_at'],
    tuples: rows.map((row) => [row.userId, row.at] as const),
  };
}
