import type { ConversationFacts, Target } from './seam/records.ts';
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

/** The other one in a direct conversation. */
export function peerOf(users: readonly [number, number], userId: number): number {
  return users[0] === userId ? users[1] : users[0];
}

/** Where an entry by `senderId` went. */
export function targetOf(facts: ConversationFacts, senderId: number): Target {
  return facts.kind === 'group'
    ? { kind: 'group', groupId: facts.groupId }
    : { kind: 'user', userId: peerOf(facts.users, senderId) };
}
