import { NAMED_ENTRY_COLUMNS, NAMED_ENTRY_JOINS, type NamedEntryRow, toNamedEntry } from './named-entries.ts';
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

const BODY_BYTES = ['m.text', 'm.payload', 'm.detail']
  .map((column) => `COALESCE(OCTET_LENGTH(${column}), 0)`)
  .join(' + ');

export interface EntryPage {
  readonly entries: Entry[];
  /** What they hold, as the limit counts it. */
  readonly bytes: number;
  /** Whether a limit ended the page: there may be more. */
  readonly cut: boolean;
}

interface PageRow extends NamedEntryRow {
  readonly bytes: number;
}

/**
 * Reads a page of entries, in the order of seq. The seqs are chosen first, with a running sum of their bytes, and only
 * the chosen bodies are fetched: a page of large messages costs what it holds, not what its limit would allow.
 */
export async function readEntries(sql: Sql, range: EntryRange): Promise<EntryPage> {
  const { conversationId, guard } = range;
  const order = range.direction === 'forward' ? 'ASC' : 'DESC';
  const rows = await sql.query<PageRow>(
    `SELECT ${NAMED_ENTRY_COLUMNS}, p.bytes
     FROM (
       SELECT b.seq, b.bytes, SUM(b.bytes) OVER (ORDER BY b.seq ${order} ROWS UNBOUNDED PRECEDING) - b.bytes AS bytes_before
       FROM (
         SELECT m.seq, ${BODY_BYTES} AS bytes
         FROM message m
         WHERE m.conversation_id = ? AND m.seq >= ? AND m.seq <= ?${guard ? ` AND (${guard.condition})` : ''}
         ORDER BY m.seq ${order} LIMIT ?
       ) b
     ) p
     JOIN message m ON m.conversation_id = ? AND m.seq = p.seq
     ${NAMED_ENTRY_JOINS}
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
  const bytes = rows.reduce((sum, row) => sum + row.bytes, 0);
  return {
    entries: rows.map(toNamedEntry).sort((a, b) => a.seq - b.seq),
    bytes,
    cut: rows.length >= range.limit || bytes >= range.maxBytes,
  };
}

/** One entry, whoever may read it. */
export async function readEntry(sql: Sql, conversationId: number, seq: number): Promise<Entry | undefined> {
  const range = { conversationId, fromSeq: seq, toSeq: seq, limit: 1, maxBytes: 1 };
  const { entries } = await readEntries(sql, { ...range, direction: 'forward' });
  return entries[0];
}
