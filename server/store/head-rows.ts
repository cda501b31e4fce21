import type { ConversationHead } from './seam/records.ts';
import type { Row } from './sql.ts';

/** A conversation's columns that move. */
export interface HeadRow extends Row {
  readonly id: number;
  readonly last_seq: number;
  readonly last_ordinal: number;
  readonly members_version: number;
}

export function toHead(row: HeadRow): ConversationHead {
  return {
    id: row.id,
    lastSeq: row.last_seq,
    lastOrdinal: row.last_ordinal,
    membersVersion: row.members_version,
  };
}
