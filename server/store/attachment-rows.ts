import { uploadState } from './codes.ts';
import type { Upload } from './seam/attachments.ts';
import type { Row, Sql } from './sql.ts';
import { uuidToBytes } from './uuid.ts';

const COLUMNS = `
  a.id, a.conversation_id, a.uploader_id, a.file_name, a.media_type, a.size_bytes, a.sha256, a.state,
  a.received_bytes, a.message_seq, a.created_at`;

interface AttachmentRow extends Row {
  readonly id: number;
  readonly conversation_id: number;
  readonly uploader_id: number;
  readonly file_name: string;
  readonly media_type: string;
  readonly size_bytes: number;
  readonly sha256: Buffer;
  readonly state: number;
  readonly received_bytes: number;
  readonly message_seq: number | null;
  readonly created_at: number;
}

/** The attachments `a` of a condition. */
export async function readUploads(sql: Sql, condition: string, parameters: readonly number[]): Promise<Upload[]> {
  const rows = await sql.query<AttachmentRow>(`SELECT ${COLUMNS} FROM attachment a WHERE ${condition}`, parameters);
  return rows.map(toUpload);
}

export async function uploadByRequest(sql: Sql, uploaderId: number, requestId: string): Promise<Upload | undefined> {
  const statement = `SELECT ${COLUMNS} FROM attachment a WHERE a.uploader_id = ? AND a.request_id = ?`;
  const [row] = await sql.query<AttachmentRow>(statement, [uploaderId, uuidToBytes(requestId)]);
  return row && toUpload(row);
}

function toUpload(row: AttachmentRow): Upload {
  return {
    id: row.id,
    conversationId: row.conversation_id,
    fileName: row.file_name,
    mediaType: row.media_type,
    sizeBytes: row.size_bytes,
    sha256: row.sha256,
    createdAt: row.created_at,
    uploaderId: row.uploader_id,
    state: uploadState.decode(row.state),
    receivedBytes: row.received_bytes,
    messageSeq: row.message_seq,
  };
}
