import type { ConversationFacts } from './seam/records.ts';
import type { Row } from './sql.ts';

/** The columns of a conversation that never change. */
export interface FactsRow extends Row {
  readonly id: number;
  readonly direct_key: string | null;
  readonly group_id: number | null;
}

/** "low:high" of two user ids. */
export function directKey(userA: number, userB: number): string {
  return `${Math.min(userA, userB)}:${Math.max(userA, userB)}`;
}

export function toFacts(row: FactsRow): ConversationFacts {
  if (row.direct_key === null) return { id: row.id, kind: 'group', groupId: row.group_id! };
  const [low, high] = row.direct_key.split(':').map(Number) as [number, number];
  return { id: row.id, kind: 'direct', users: [low, high] };
}
