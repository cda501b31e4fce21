import { placeholders } from './dialect.ts';
import type { NewEntry } from './records.ts';
import type { Parameter, Sql } from './sql.ts';

/** A CASE is searched from its begin for each row, so large batches are cut. */
const HEADS_PER_STATEMENT = 100;

interface Head {
  readonly id: number;
  readonly lastSeq: number;
  readonly lastOrdinal: number;
}

/** Moves the heads of the entries' conversations to their last entries, many in one statement. */
export async function moveHeads(
  sql: Sql,
  entries: readonly NewEntry[],
  membershipChanged: readonly number[],
): Promise<void> {
  const changed = new Set(membershipChanged);
  const moveChunk = async (heads: readonly Head[]) => {
    const changedHere = heads.map((head) => head.id).filter((id) => changed.has(id));
    await moveSome(sql, heads, changedHere);
    return [];
  };
  await sql.inChunks(headsAfter(entries), 6, moveChunk, HEADS_PER_STATEMENT);
}

function headsAfter(entries: readonly NewEntry[]): Head[] {
  const heads = new Map<number, Head>();
  for (const { entry } of entries) {
    const before = heads.get(entry.conversationId);
    if (before && before.lastSeq > entry.seq) continue;
    heads.set(entry.conversationId, { id: entry.conversationId, lastSeq: entry.seq, lastOrdinal: entry.ordinal });
  }
  return [...heads.values()].sort((a, b) => a.id - b.id);
}

async function moveSome(sql: Sql, heads: readonly Head[], changed: readonly number[]): Promise<void> {
  const cases = `CASE id ${heads.map(() => 'WHEN ? THEN ?').join(' ')} END`;
  const version =
    changed.length === 0
      ? ''
      : `, members_version = members_version + CASE WHEN id IN (${placeholders(changed.length)}) THEN 1 ELSE 0 END`;
  const parameters: Parameter[] = [
    ...heads.flatMap((head) => [head.id, head.lastSeq]),
    ...heads.flatMap((head) => [head.id, head.lastOrdinal]),
    ...changed,
    ...heads.map((head) => head.id),
  ];
  await sql.run(
    `UPDATE conversation SET last_seq = ${cases}, last_ordinal = ${cases}, last_activity = ${sql.dialect.nowMs}${version}
     WHERE id IN (${placeholders(heads.length)})`,
    parameters,
  );
}
