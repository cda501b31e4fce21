import type { EntryKey, ReactionCount, ReactionEmoji } from './seam/log.ts';
import type { Row, Sql } from './sql.ts';

interface CountRow extends Row {
  readonly conversation_id: number;
  readonly target_seq: number;
  readonly emoji: string;
  readonly users: number;
  readonly is_mine: number;
}

interface EmojiRow extends Row {
  readonly emoji: string;
  readonly own_seq: number | null;
}

/** The reactions to messages, counted; the emoji of each in the order in which they came first. */
export async function countReactions(
  sql: Sql,
  userId: number,
  messages: readonly EntryKey[],
): Promise<ReactionCount[]> {
  const rows = await sql.inChunks(messages, 2, (chunk) =>
    sql.query<CountRow>(
      `SELECT conversation_id, target_seq, emoji, COUNT(*) AS users, MAX(user_id = ?) AS is_mine
       FROM reaction WHERE ${sql.dialect.amongTuples(['conversation_id', 'target_seq'], chunk.length)}
       GROUP BY conversation_id, target_seq, emoji ORDER BY conversation_id, target_seq, MIN(seq)`,
      [userId, ...chunk.flatMap(({ conversationId, seq }) => [conversationId, seq])],
    ),
  );
  return rows.map((row) => ({
    conversationId: row.conversation_id,
    targetSeq: row.target_seq,
    emoji: row.emoji,
    count: row.users,
    mine: row.is_mine === 1,
  }));
}

/** Every emoji on one message, and by which entry the user reacts with it. */
export async function readEmoji(sql: Sql, { conversationId, seq }: EntryKey, userId: number): Promise<ReactionEmoji[]> {
  const rows = await sql.query<EmojiRow>(
    `SELECT emoji, MAX(CASE WHEN user_id = ? THEN seq END) AS own_seq
     FROM reaction WHERE conversation_id = ? AND target_seq = ? GROUP BY emoji ORDER BY MIN(seq)`,
    [userId, conversationId, seq],
  );
  return rows.map((row) => ({ emoji: row.emoji, ownSeq: row.own_seq }));
}

/** The row that a user reacts to a message; `seq` null: no more. */
export async function writeReaction(
  sql: Sql,
  { conversationId, seq: targetSeq }: EntryKey,
  userId: number,
  emoji: string,
  seq: number | null,
): Promise<void> {
  await sql.run('DELETE FROM reaction WHERE conversation_id = ? AND target_seq = ? AND user_id = ? AND emoji = ?', [
    conversationId,
    targetSeq,
    userId,
    emoji,
  ]);
  if (seq === null) return;
  await sql.run('INSERT INTO reaction (conversation_id, target_seq, user_id, emoji, seq) VALUES (?, ?, ?, ?, ?)', [
    conversationId,
    targetSeq,
    userId,
    emoji,
    seq,
  ]);
}
