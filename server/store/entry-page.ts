import { type FactsRow, toFacts } from './conversation-facts.ts';
import { ENTRY_COLUMNS, type EntryRow, toEntry } from './entry-rows.ts';
import type { Entry } from './seam/entry.ts';
import type { Parameter, Sql } from './sql.ts';
import type { ReadLimits } from './seam/log.ts';

/** Which entries of one conversation. */
export interface EntryRange extends ReadLimits {
  readonly conversationId: number;
  readonly fromSeq: number;
  readonly toSeq: number;
  /** Which end of the range comes first when the limits cut it. */
  readonly direction: 'forward' | 'backward';
  /** Judges in the same statement whether entry `m` may be read. */
  readonly guard?: { readonly condition: string; readonly parameters: readonly Parameter[] };
}

const CONTENT_BYTES = 'COALESCE(OCTET_LENGTH(m.text), 0) + COALESCE(OCTET_LENGTH(m.payload), 0)';

interface PageRow extends EntryRow, FactsRow {
  readonly sender_name: string | null;
  readonly subject_name: string | null;
}

/**
 * Reads a page of entries, in the order of seq. The seqs are chosen first, with a running sum of their bytes, and only
 * the chosen bodies are fetched: a page of large messages costs what it holds, not what its limit would allow.
 */
export async function readEntries(sql: Sql, range: EntryRange): Promise<Entry[]> {
  const { conversationId, guard } = range;
  const order = range.direction === 'forward' ? 'ASC' : 'DESC';
  const rows = await sql.query<PageRow>(
    `SELECT ${ENTRY_COLUMNS}, c.id, c.direct_key, c.group_id, s.name AS sender_name, t.name AS subject_name
     FROM (
       SELECT b.seq, SUM(b.bytes) OVER (ORDER BY b.seq ${order} ROWS UNBOUNDED PRECEDING) - b.bytes AS bytes_before
       FROM (
         SELECT m.seq, ${CONTENT_BYTES} AS bytes
         FROM message m
         WHERE m.conversation_id = ? AND m.seq >= ? AND m.seq <= ?${guard ? ` AND (${guard.condition})` : ''}
         ORDER BY m.seq ${order} LIMIT ?
       ) b
     ) p
     JOIN message m ON m.conversation_id = ? AND m.seq = p.seq
     JOIN conversation c ON c.id = m.conversation_id
     LEFT JOIN user s ON s.id = m.sender_id
     LEFT JOIN user t ON t.id = m.subject_id
     WHERE p.bytes_before < ?`,
    [
      conversationId,
      range.fromSeq,
      range.toSeq,
      ...(guard?.parameters ?? []),
      range.limit,
      conversationId,
      Math.max(range.maxBytes, 1),
    ],
  );
  return rows.map(entryOf).sort((a, b) => a.seq - b.seq);
}

function entryOf(row: PageRow): Entry {
  const nameOf = (userId: number) => (userId === row.sender_id ? row.sender_name : row.subject_name) ?? '';
  return toEntry(row, toFacts(row), nameOf);
}
