import { placeholders } from './dialect.ts';
import type { Engine } from './engine.ts';
import type { PageById } from './seam/page.ts';
import type { PresenceStore, Run } from './seam/presence.ts';
import type { PresenceRow } from './seam/records.ts';
import type { Row, Sql } from './sql.ts';
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

  async move(incarnation: string, to: Run, rows: readonly Omit<PresenceRow, 'online'>[]): Promise<void> {
    if (rows.length === 0) return;
    const latest = [...new Map(rows.map((row) => [row.userId, row])).values()];
    await this.#engine.write((sql) => move(sql, incarnation, to, latest), { repeatable: true });
  }

  runsOf(userIds: readonly number[]): Promise<Map<number, Run>> {
    return this.#engine.read(async (sql) => {
      const rows = await sql.inChunks(userIds, 1, (ids) =>
        sql.query<{ id: number } & Run & Row>(
          `SELECT id, replica, incarnation FROM user WHERE id IN (${placeholders(ids.length)}) AND replica IS NOT NULL`,
          ids,
        ),
      );
      return new Map(rows.map(({ id, replica, incarnation }) => [id, { replica, incarnation }]));
    });
  }

  /** The index is read by jumps from one run to the next, however many users each has. */
  runs(): Promise<Run[]> {
    return this.#engine.read((sql) =>
      sql.query<Run & Row>(
        'SELECT replica, incarnation FROM user WHERE replica IS NOT NULL GROUP BY replica, incarnation',
      ),
    );
  }

  usersOf({ replica, incarnation }: Run, { afterId, limit }: PageById): Promise<number[]> {
    return this.#engine.read(async (sql) => {
      const rows = await sql.query<{ id: number }>(
        'SELECT id FROM user WHERE replica = ? AND incarnation = ? AND id > ? ORDER BY id LIMIT ?',
        [replica, incarnation, afterId, limit],
      );
      return rows.map(({ id }) => id);
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

/** Only where no other incarnation has brought the user online meanwhile. */
const NOT_ELSEWHERE = '(t.incarnation = ? OR t.incarnation IS NULL)';

async function arrive(sql: Sql, replica: string, incarnation: string, rows: readonly PresenceRow[]): Promise<void> {
  const set = { last_seen_at: lastSeenAt(sql), replica: '?', incarnation: '?' };
  await updateRows(sql, { ...users(rows), set, parameters: [replica, incarnation] });
}

async function leave(sql: Sql, incarnation: string, rows: readonly PresenceRow[]): Promise<void> {
  const set = { last_seen_at: lastSeenAt(sql), replica: 'NULL', incarnation: 'NULL' };
  await updateRows(sql, { ...users(rows), set, condition: NOT_ELSEWHERE, parameters: [incarnation] });
}

async function move(sql: Sql, from: string, to: Run, rows: readonly Omit<PresenceRow, 'online'>[]): Promise<void> {
  const set = { last_seen_at: lastSeenAt(sql), replica: '?', incarnation: '?' };
  const parameters = [to.replica, to.incarnation, from];
  await updateRows(sql, { ...users(rows), set, condition: NOT_ELSEWHERE, parameters });
}

/** Clocks of replicas differ: the later time stays. */
function lastSeenAt({ dialect }: Sql): string {
  return dialect.greatest('t.last_seen_at', 'v.last_seen_at');
}

function users(rows: readonly Omit<PresenceRow, 'online'>[]) {
  return {
    table: 'user',
    keys: ['id'],
    values: ['last_seen_at'],
    tuples: rows.map((row) => [row.userId, row.at] as const),
  };
}
