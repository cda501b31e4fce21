import type { NewEntry } from './seam/entry.ts';
import type { Sql } from './sql.ts';
import { updateRows } from './update-rows.ts';

/** Moves the heads of the entries' conversations to their last entries, all in one statement or few. */
export async function moveHeads(
  sql: Sql,
  entries: readonly NewEntry[],
  membershipChanged: readonly number[],
): Promise<void> {
  const changed = new Set(membershipChanged);
  await updateRows(sql, {
    table: 'conversation',
    keys: ['id'],
    values: ['last_seq', 'last_ordinal', 'changes'],
    set: {
      last_seq: 'v.last_seq',
      last_ordinal: 'v.last_ordinal',
      last_activity: sql.dialect.nowMs,
      members_version: 't.members_version + v.changes',
    },
    tuples: lastEntries(entries).map(({ conversationId, seq, ordinal }) => [
      conversationId,
      seq,
      ordinal,
      changed.has(conversationId) ? 1 : 0,
    ]),
  });
}

/** The last entry of each conversation. */
function lastEntries(entries: readonly NewEntry[]): NewEntry['entry'][] {
  const last = new Map<number, NewEntry['entry']>();
  for (const { entry } of entries) {
    const before = last.get(entry.conversationId);
    if (before === undefined || before.seq < entry.seq) last.set(entry.conversationId, entry);
  }
  return [...last.values()];
}
