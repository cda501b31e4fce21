import { readUploads, uploadByRequest } from './attachment-rows.ts';
import { uploadState } from './codes.ts';
import { placeholders } from './dialect.ts';
import type { Engine } from './engine.ts';
import type { AttachmentStore, Upload } from './seam/attachments.ts';
import { type Attachment, contentOf } from './seam/entry.ts';
import type { Row, Sql } from './sql.ts';
import { readVisibleEntry } from './visible-entries.ts';

const UPLOADING = uploadState.encode('uploading');
const COMPLETE = uploadState.encode('complete');
const COLLECTED = uploadState.encode('collected');

/** `received_bytes` may be there already: the statement's own repeat finds it so. */
const ADVANCE = `
  UPDATE attachment SET received_bytes = ?, touched_at = ?
  WHERE id = ? AND state = ${UPLOADING} AND received_bytes IN (?, ?)`;

const FINISH = `
  UPDATE attachment SET received_bytes = size_bytes, state = ${COMPLETE}, created_at = ?, touched_at = ?
  WHERE id = ? AND state = ${UPLOADING} AND received_bytes = ?`;

/** What is an orphan's condition; its parameter is the time. */
export const IS_ORPHAN = `message_seq IS NULL AND touched_at < ? AND state <> ${COLLECTED}`;

export class AttachmentQueries implements AttachmentStore {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  byId(attachmentId: number): Promise<Upload | undefined> {
    return this.#engine.read(async (sql) => (await readUploads(sql, 'a.id = ?', [attachmentId]))[0]);
  }

  byRequest(uploaderId: number, requestId: string): Promise<Upload | undefined> {
    return this.#engine.read((sql) => uploadByRequest(sql, uploaderId, requestId));
  }

  readable(userId: number, attachmentId: number): Promise<Attachment | undefined> {
    return this.#engine.read(async (sql) => {
      const [upload] = await readUploads(sql, `a.id = ? AND a.state = ${COMPLETE}`, [attachmentId]);
      if (upload === undefined) return undefined;
      const { messageSeq } = upload;
      const allowed =
        messageSeq === null ? upload.uploaderId === userId : await isCarried(sql, userId, upload, messageSeq);
      return allowed ? toAttachment(upload) : undefined;
    });
  }

  advance(attachmentId: number, fromBytes: number, toBytes: number, at: number): Promise<boolean> {
    return this.#engine.write(
      async (sql) => (await sql.run(ADVANCE, [toBytes, at, attachmentId, fromBytes, toBytes])).affected > 0,
      { repeatable: true },
    );
  }

  complete(attachmentId: number, fromBytes: number, at: number): Promise<Attachment | undefined> {
    return this.#engine.write(
      async (sql) => {
        await sql.run(FINISH, [at, at, attachmentId, fromBytes]);
        const [upload] = await readUploads(sql, `a.id = ? AND a.state = ${COMPLETE}`, [attachmentId]);
        return upload && toAttachment(upload);
      },
      { repeatable: true },
    );
  }

  orphans(touchedBefore: number, limit: number): ReturnType<AttachmentStore['orphans']> {
    return this.#engine.read(async (sql) => {
      const rows = await sql.query<{ id: number; conversation_id: number }>(
        `SELECT id, conversation_id FROM attachment WHERE ${IS_ORPHAN} ORDER BY touched_at LIMIT ?`,
        [touchedBefore, limit],
      );
      return rows.map((row) => ({ id: row.id, conversationId: row.conversation_id }));
    });
  }

  collected(limit: number): ReturnType<AttachmentStore['collected']> {
    return this.#engine.read(async (sql) => {
      const rows = await sql.query<Row & { id: number; size_bytes: number; sha256: Buffer }>(
        `SELECT id, size_bytes, sha256 FROM attachment
         WHERE message_seq IS NULL AND state = ${COLLECTED} ORDER BY touched_at LIMIT ?`,
        [limit],
      );
      return rows.map((row) => ({ id: row.id, sizeBytes: row.size_bytes, sha256: row.sha256 }));
    });
  }

  async remove(attachmentIds: readonly number[]): Promise<void> {
    if (attachmentIds.length === 0) return;
    await this.#engine.write(
      (sql) =>
        sql.run(
          `DELETE FROM attachment WHERE id IN (${placeholders(attachmentIds.length)}) AND state = ${COLLECTED}`,
          attachmentIds,
        ),
      { repeatable: true },
    );
  }
}

/** Whether the user may read the message with the attachment in it, or the edit that put it there. */
async function isCarried(sql: Sql, userId: number, { id, conversationId }: Upload, seq: number): Promise<boolean> {
  const [message] = await sql.query<{ target_seq: number | null }>(
    'SELECT target_seq FROM message WHERE conversation_id = ? AND seq = ?',
    [conversationId, seq],
  );
  const editSeq = message?.target_seq ?? seq;
  for (const carrier of new Set([seq, editSeq])) {
    const entry = await readVisibleEntry(sql, userId, conversationId, carrier);
    const content = entry === undefined ? null : contentOf(entry.body);
    if (content?.attachments?.some((attachment) => attachment.id === id)) return true;
  }
  return false;
}

function toAttachment(upload: Upload): Attachment {
  const { id, conversationId, fileName, mediaType, sizeBytes, sha256, createdAt } = upload;
  return { id, conversationId, fileName, mediaType, sizeBytes, sha256, createdAt };
}
