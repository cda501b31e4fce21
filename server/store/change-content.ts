import { bodyParameters, BODY_COLUMN_NAMES, contentParameters } from './body-rows.ts';
import { uploadState } from './codes.ts';
import { placeholders } from './dialect.ts';
import type { ContentEdit, EntryKey } from './seam/log.ts';
import type { Row, Sql } from './sql.ts';

const SET_BODY = `
  UPDATE message SET ${BODY_COLUMN_NAMES.map((name) => `${name} = ?`).join(', ')}
  WHERE conversation_id = ? AND seq = ?`;

const ERASE = `
  UPDATE message SET text = NULL, media_type = NULL, payload = NULL, detail = NULL
  WHERE conversation_id = ? AND seq = ?`;

/** See LogWrites.replaceContent. */
export async function replaceContent(sql: Sql, edit: ContentEdit): Promise<void> {
  const { conversationId, seq, editSeq, content, revision, at } = edit;
  const editBefore = await changedBy(sql, edit);
  await sql.run(
    `UPDATE message SET target_seq = ?, revision = ?, text = ?, media_type = ?, payload = ?, detail = ?
     WHERE conversation_id = ? AND seq = ?`,
    [editSeq, revision, ...contentParameters(content), conversationId, seq],
  );
  await forget(sql, edit, editBefore);
  await freeAttachments(sql, edit, at, content.attachments?.map(({ id }) => id) ?? []);
}

/** See LogWrites.eraseContent. */
export async function eraseContent(sql: Sql, message: EntryKey, recallSeq: number, at: number): Promise<void> {
  const { conversationId, seq } = message;
  const editBefore = await changedBy(sql, message);
  await sql.run(SET_BODY, [...bodyParameters({ kind: 'recalled', recallSeq }), conversationId, seq]);
  await forget(sql, message, editBefore);
  await sql.run('DELETE FROM reaction WHERE conversation_id = ? AND target_seq = ?', [conversationId, seq]);
  await freeAttachments(sql, message, at, []);
}

/** The edit that made a message say what it says; null where none did. */
async function changedBy(sql: Sql, { conversationId, seq }: EntryKey): Promise<number | null> {
  const [row] = await sql.query<Row & { target_seq: number | null }>(
    'SELECT target_seq FROM message WHERE conversation_id = ? AND seq = ?',
    [conversationId, seq],
  );
  return row?.target_seq ?? null;
}

/**
 * Of what a message and its edit said, nothing is kept or found. After the message was changed: what locks it to index
 * it has ended by then, or begins after this transaction.
 */
async function forget(sql: Sql, { conversationId, seq }: EntryKey, editSeq: number | null): Promise<void> {
  if (editSeq !== null) await sql.run(ERASE, [conversationId, editSeq]);
  const seqs = editSeq === null ? [seq] : [seq, editSeq];
  await sql.run(`DELETE FROM message_gram WHERE conversation_id = ? AND seq IN (${placeholders(seqs.length)})`, [
    conversationId,
    ...seqs,
  ]);
}

/** What the message carried, but for those kept, is gone for everybody from the commit on. */
async function freeAttachments(
  sql: Sql,
  { conversationId, seq }: EntryKey,
  at: number,
  keptIds: readonly number[],
): Promise<void> {
  const others = keptIds.length > 0 ? ` AND id NOT IN (${placeholders(keptIds.length)})` : '';
  await sql.run(
    `UPDATE attachment SET message_seq = NULL, state = ?, touched_at = ?
     WHERE conversation_id = ? AND message_seq = ?${others}`,
    [uploadState.encode('collected'), at, conversationId, seq, ...keptIds],
  );
}
