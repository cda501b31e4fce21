import { randomBytes } from 'node:crypto';

import { IS_ORPHAN } from './attachment-queries.ts';
import { readUploads, uploadByRequest } from './attachment-rows.ts';
import { uploadState } from './codes.ts';
import { placeholders } from './dialect.ts';
import type { AttachmentWrites, NewUpload, Upload } from './seam/attachments.ts';
import type { Sql } from './sql.ts';
import { updateRows } from './update-rows.ts';
import { uuidToBytes } from './uuid.ts';

const COLLECTED = uploadState.encode('collected');
const COMPLETE = uploadState.encode('complete');

/** The attachments' statements in one open transaction. */
export class SqlAttachmentWrites implements AttachmentWrites {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  byIds(attachmentIds: readonly number[]): Promise<Upload[]> {
    return this.#sql.inChunks([...new Set(attachmentIds)], 1, (ids) =>
      readUploads(this.#sql, `a.id IN (${placeholders(ids.length)})`, ids),
    );
  }

  byRequest(uploaderId: number, requestId: string): Promise<Upload | undefined> {
    return uploadByRequest(this.#sql, uploaderId, requestId);
  }

  async insert(upload: NewUpload): Promise<number> {
    const { insertId } = await this.#sql.run(
      `INSERT INTO attachment
         (conversation_id, uploader_id, request_id, file_name, media_type, size_bytes, sha256, state, received_bytes,
          created_at, touched_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)`,
      [
        upload.conversationId,
        upload.uploaderId,
        uuidToBytes(upload.requestId),
        upload.fileName,
        upload.mediaType,
        upload.sizeBytes,
        upload.sha256,
        uploadState.encode('uploading'),
        upload.createdAt,
        upload.createdAt,
      ],
    );
    return insertId;
  }

  async drop(attachmentId: number, at: number): Promise<void> {
    await this.#sql.run(
      `UPDATE attachment SET state = ${COLLECTED}, request_id = ?, touched_at = ? WHERE id = ? AND state <> ${COMPLETE}`,
      [randomBytes(16), at, attachmentId],
    );
  }

  async bind(carried: Parameters<AttachmentWrites['bind']>[0]): Promise<void> {
    if (carried.length === 0) return;
    await updateRows(this.#sql, {
      table: 'attachment',
      keys: ['id'],
      values: ['message_seq'],
      set: { message_seq: 'v.message_seq' },
      tuples: carried.map(({ id, messageSeq }) => [id, messageSeq]),
    });
  }

  async collect(attachmentIds: readonly number[], touchedBefore: number): Promise<number> {
    if (attachmentIds.length === 0) return 0;
    const { affected } = await this.#sql.run(
      `UPDATE attachment SET state = ${COLLECTED} WHERE id IN (${placeholders(attachmentIds.length)}) AND ${IS_ORPHAN}`,
      [...attachmentIds, touchedBefore],
    );
    return affected;
  }
}
