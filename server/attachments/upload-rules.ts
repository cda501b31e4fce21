import { DomainError, invalidField } from '../lib/errors.ts';
import { checkLabel } from '../lib/labels.ts';
import { checkMediaType, checkUuid } from '../messages/content-rules.ts';
import type { Upload } from '../store/seam/attachments.ts';
import type { Target } from '../store/seam/records.ts';

export const MAX_CHUNK_BYTES = 65_536;

const MAX_NAME_CHARACTERS = 255;
const SHA256_BYTES = 32;

/** What a client says an upload is. */
export interface UploadHeader {
  readonly target: Target;
  readonly fileName: string;
  readonly mediaType: string;
  readonly sizeBytes: number;
  readonly sha256: Uint8Array;
  readonly requestId: string;
  readonly offsetBytes: number;
}

/** @throws DomainError INVALID_FIELD */
export function checkHeader(header: UploadHeader, maxBytes: number): UploadHeader {
  const { sizeBytes, sha256, offsetBytes } = header;
  checkFileName(header.fileName);
  checkMediaType(header.mediaType, 'header.media_type');
  if (sizeBytes < 1 || sizeBytes > maxBytes) throw invalidField('header.size_bytes', `1 to ${maxBytes}`);
  if (sha256.byteLength !== SHA256_BYTES) throw invalidField('header.sha256', `${SHA256_BYTES} bytes`);
  if (offsetBytes > sizeBytes) throw invalidField('header.offset_bytes', 'at most size_bytes');
  return { ...header, requestId: checkUuid(header.requestId, 'header.request_id') };
}

/** A name for one file in any folder. */
function checkFileName(name: string): void {
  const field = 'header.file_name';
  checkLabel(name, field, { min: 1, max: MAX_NAME_CHARACTERS });
  if (/[/\\]/.test(name) || name === '.' || name === '..') {
    throw invalidField(field, 'the name of a file, without a folder: no / and no \\');
  }
}

/** @throws DomainError INVALID_FIELD */
export function checkChunk(chunk: Uint8Array, bytesLeft: number): void {
  if (chunk.byteLength < 1 || chunk.byteLength > MAX_CHUNK_BYTES) {
    throw invalidField('chunk', `1 to ${MAX_CHUNK_BYTES} bytes`);
  }
  if (chunk.byteLength > bytesLeft) throw invalidField('chunk', 'no more bytes in all than header.size_bytes says');
}

/** Whether a header names the upload that was begun with its request id. */
export function isSameFile(upload: Upload, header: UploadHeader, conversationId: number): boolean {
  return (
    upload.conversationId === conversationId &&
    upload.fileName === header.fileName &&
    upload.mediaType === header.mediaType &&
    upload.sizeBytes === header.sizeBytes &&
    Buffer.compare(upload.sha256, header.sha256) === 0
  );
}

export function offsetWrong(receivedBytes: number): DomainError {
  return new DomainError('UPLOAD_OFFSET_WRONG', `the server has ${receivedBytes} bytes: go on there, or begin anew`, {
    metadata: { received_bytes: String(receivedBytes) },
  });
}

export function incomplete(receivedBytes: number): DomainError {
  return new DomainError('UPLOAD_INCOMPLETE', `the upload ended early: the server has kept ${receivedBytes} bytes`, {
    metadata: { received_bytes: String(receivedBytes) },
  });
}

export function checksumMismatch(cause?: unknown): DomainError {
  return new DomainError('CHECKSUM_MISMATCH', "the bytes don't have the sha256 of the header; begin anew", { cause });
}

/** The same for what isn't there, isn't complete, or isn't for this user. */
export function attachmentNotFound(): DomainError {
  return new DomainError('ATTACHMENT_NOT_FOUND', 'there is no such attachment');
}
