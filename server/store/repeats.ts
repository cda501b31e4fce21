import type { StoredSend } from './seam/records.ts';
import type { Row, Sql } from './sql.ts';
import { uuidFromBytes, uuidToBytes } from './uuid.ts';

interface StoredSendRow extends Row {
  readonly sender_id: number;
  readonly client_message_id: Buffer;
  readonly request_hash: Buffer;
  readonly conversation_id: number;
  readonly seq: number;
  readonly ordinal: number;
  readonly created_at: number;
}

const KEYS_PER_STATEMENT = 1_000;

/** The sends that are stored already, of these keys. */
export async function findRepeats(
  sql: Sql,
  keys: readonly { readonly senderId: number; readonly clientMessageId: string }[],
): Promise<StoredSend[]> {
  const rows = await sql.inChunks(
    keys,
    2,
    (chunk) =>
      sql.query<StoredSendRow>(
        'SELECT sender_id, client_message_id, request_hash, conversation_id, seq, ordinal, created_at FROM message ' +
          `WHERE ${sql.dialect.amongTuples(['sender_id', 'client_message_id'], chunk.length)}`,
        chunk.flatMap((key) => [key.senderId, uuidToBytes(key.clientMessageId)]),
      ),
    KEYS_PER_STATEMENT,
  );
  return rows.map((row) => ({
    senderId: row.sender_id,
    clientMessageId: uuidFromBytes(row.client_message_id),
    requestHash: row.request_hash,
    conversationId: row.conversation_id,
    seq: row.seq,
    ordinal: row.ordinal,
    createdAt: row.created_at,
  }));
}
