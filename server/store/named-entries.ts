import { type FactsRow, toFacts } from './conversation-facts.ts';
import { ENTRY_COLUMNS, type EntryRow, toEntry } from './entry-rows.ts';
import type { Entry } from './seam/entry.ts';

/** An entry with everything that is told about it: its conversation and the names of the people in it. */
export interface NamedEntryRow extends EntryRow, FactsRow {
  readonly sender_name: string | null;
  readonly subject_name: string | null;
}

/** What to select of an entry `m` with NAMED_ENTRY_JOINS, for toNamedEntry. */
export const NAMED_ENTRY_COLUMNS =
  ENTRY_COLUMNS + ', c.id, c.direct_key, c.group_id, s.name AS sender_name, t.name AS subject_name';

export const NAMED_ENTRY_JOINS = `
  JOIN conversation c ON c.id = m.conversation_id
  LEFT JOIN user s ON s.id = m.sender_id
  LEFT JOIN user t ON t.id = m.subject_id`;

export function toNamedEntry(row: NamedEntryRow): Entry {
  const nameOf = (userId: number) => (userId === row.sender_id ? row.sender_name : row.subject_name) ?? '';
  return toEntry(row, toFacts(row), nameOf);
}
