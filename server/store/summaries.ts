import { type FactsRow, toFacts } from './conversation-facts.ts';
import { ENTRY_COLUMNS, type EntryRow, toEntry } from './entry-rows.ts';
import { peerOf } from './seam/entry.ts';
import type { ConversationSummary, UserRecord } from './seam/records.ts';
import type { Sql } from './sql.ts';
import { LATEST_PERIODS } from './standings.ts';
import type { LogStore } from './seam/log.ts';
import { usersById } from './user-rows.ts';

interface SummaryRow extends EntryRow, FactsRow {
  readonly delivered_seq: number;
  readonly read_seq: number;
  readonly read_ordinal: number;
  readonly is_closed: number;
  readonly activity: number;
  readonly group_name: string | null;
}

/** Per conversation of the user: the last entry that they may read, and whether they have left. */
const VISIBLE_ENDS = `
  SELECT
    c.id, c.direct_key, c.group_id, o.delivered_seq, o.read_seq, c.last_activity,
    CASE WHEN c.group_id IS NULL OR p.is_open = 1 THEN 0 ELSE 1 END AS is_closed,
    CASE WHEN c.group_id IS NULL OR p.is_open = 1 THEN c.last_seq ELSE p.left_seq END AS end_seq,
    CASE WHEN c.group_id IS NULL THEN 1 ELSE p.joined_seq END AS begin_seq
  FROM offline_message o
  JOIN conversation c ON c.id = o.conversation_id
  LEFT JOIN (${LATEST_PERIODS}) p ON p.group_id = c.group_id
  WHERE o.user_id = ?`;

/** For those who left, the conversation went quiet with the last entry that they may read. */
const PAGE = `
  SELECT a.* FROM (
    SELECT e.*, CASE WHEN e.is_closed = 1 THEN l.created_at ELSE e.last_activity END AS activity
    FROM (${VISIBLE_ENDS}) e
    JOIN message l ON l.conversation_id = e.id AND l.seq = e.end_seq
    WHERE e.end_seq >= e.begin_seq
  ) a
  WHERE a.activity < ? OR (a.activity = ? AND a.id < ?)
  ORDER BY a.activity DESC, a.id DESC LIMIT ?`;

const SUMMARIES = `
  SELECT
    q.id, q.direct_key, q.group_id, q.delivered_seq, q.read_seq, q.is_closed, q.activity, g.name AS group_name,
    COALESCE(r.ordinal, 0) AS read_ordinal, ${ENTRY_COLUMNS}
  FROM (${PAGE}) q
  JOIN message m ON m.conversation_id = q.id AND m.seq = q.end_seq
  LEFT JOIN message r ON r.conversation_id = q.id AND r.seq = q.read_seq
  LEFT JOIN all_group g ON g.id = q.group_id`;

const FIRST_PAGE = { lastActivity: Number.MAX_SAFE_INTEGER, id: Number.MAX_SAFE_INTEGER };

/** One query for the conversations, one for the names of everybody in them. */
export async function readSummaries(
  sql: Sql,
  userId: number,
  page: Parameters<LogStore['summaries']>[1],
): Promise<ConversationSummary[]> {
  const after = page.after ?? FIRST_PAGE;
  const rows = await sql.query<SummaryRow>(SUMMARIES, [
    userId,
    userId,
    after.lastActivity,
    after.lastActivity,
    after.id,
    page.limit,
  ]);
  const users = await usersById(
    sql,
    rows.flatMap((row) => usersIn(row, userId)),
  );
  return rows
    .map((row) => toSummary(row, userId, users))
    .sort((a, b) => b.lastActivity - a.lastActivity || b.facts.id - a.facts.id);
}

function usersIn(row: SummaryRow, userId: number): number[] {
  const facts = toFacts(row);
  const people = facts.kind === 'direct' ? [peerOf(facts.users, userId), row.sender_id] : [row.sender_id];
  return row.subject_id === null ? people : [...people, row.subject_id];
}

function toSummary(row: SummaryRow, userId: number, users: Map<number, UserRecord>): ConversationSummary {
  const facts = toFacts(row);
  const peer = facts.kind === 'direct' ? (users.get(peerOf(facts.users, userId)) ?? null) : null;
  return {
    facts,
    title: facts.kind === 'direct' ? (peer?.name ?? '') : (row.group_name ?? ''),
    peer,
    lastSeq: row.seq,
    lastOrdinal: row.ordinal,
    cursor: { deliveredSeq: row.delivered_seq, readSeq: row.read_seq },
    readOrdinal: row.read_ordinal,
    lastEntry: toEntry(row, facts, (id) => users.get(id)?.name ?? ''),
    lastActivity: row.activity,
    closed: row.is_closed === 1,
  };
}
