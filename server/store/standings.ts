import { type FactsRow, toFacts } from './conversation-facts.ts';
import type { Standing } from './seam/records.ts';
import type { Sql } from './sql.ts';

interface StandingRow extends FactsRow {
  readonly last_seq: number;
  readonly members_version: number;
  readonly delivered_seq: number;
  readonly is_open: number | null;
  readonly left_seq: number | null;
}

/** The latest period of each group that a user is or was in; its parameter is the user. */
export const LATEST_PERIODS = `
  SELECT group_id, MAX(joined_seq) AS joined_seq, MAX(left_seq) AS left_seq, MAX(left_seq IS NULL) AS is_open
  FROM group_user WHERE user_id = ? GROUP BY group_id`;

const STANDINGS = `
  SELECT c.id, c.direct_key, c.group_id, c.last_seq, c.members_version, o.delivered_seq, p.is_open, p.left_seq
  FROM offline_message o
  JOIN conversation c ON c.id = o.conversation_id
  LEFT JOIN (${LATEST_PERIODS}) p ON p.group_id = c.group_id
  WHERE o.user_id = ?`;

/** The conversations that the user is or was part of, by their ids, after `after`. */
export async function readStandings(sql: Sql, userId: number, after: number, limit: number): Promise<Standing[]> {
  const page = `${STANDINGS} AND o.conversation_id > ? ORDER BY o.conversation_id LIMIT ?`;
  return (await sql.query<StandingRow>(page, [userId, userId, after, limit])).map(toStanding);
}

/** One of them. */
export async function readStanding(sql: Sql, userId: number, conversationId: number): Promise<Standing | undefined> {
  const rows = await sql.query<StandingRow>(`${STANDINGS} AND o.conversation_id = ?`, [userId, userId, conversationId]);
  return rows.map(toStanding)[0];
}

function toStanding(row: StandingRow): Standing {
  return {
    facts: toFacts(row),
    lastSeq: row.last_seq,
    membersVersion: row.members_version,
    deliveredSeq: row.delivered_seq,
    visibleTo: row.direct_key !== null || row.is_open === 1 ? null : (row.left_seq ?? 0),
  };
}
