import { createHash } from 'node:crypto';

import { BlobDamaged, type Blobs } from '../blobs/blobs.ts';
import { DomainError } from '../lib/errors.ts';
import type { Attachment } from '../store/seam/entry.ts';
import type { Store } from '../store/seam/store.ts';
import { blobFailure } from './blob-failure.ts';
import { PART_BYTES, partCount, partKey, partLength } from './parts.ts';
import { attachmentNotFound, MAX_CHUNK_BYTES } from './upload-rules.ts';

export interface SendParts {
  readonly store: Store;
  readonly blobs: Blobs;
}

/**
 * The bytes of a file from an offset on, in chunks, with one part in memory at a time. What is wrong with a part is told
 * in its place; the last one is given only when the checksum of the whole file is right. `checkCaller` is asked before
 * each part is read.
 *
 * @throws DomainError ATTACHMENT_NOT_FOUND where it was collected meanwhile; INTERNAL where its bytes are damaged
 */
export async function* sendFile(
  parts: SendParts,
  attachment: Attachment,
  offsetBytes: number,
  checkCaller: () => Promise<void>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const whole = offsetBytes === 0 ? createHash('sha256') : null;
  const count = partCount(attachment.sizeBytes);
  for (let part = Math.floor(offsetBytes / PART_BYTES); part < count; part += 1) {
    await checkCaller();
    const bytes = await readPart(parts, attachment, part);
    whole?.update(bytes);
    if (part === count - 1 && whole !== null && !whole.digest().equals(attachment.sha256)) {
      throw damaged(attachment, new Error('its parts together have another checksum'));
    }
    const begin = Math.max(0, offsetBytes - part * PART_BYTES);
    for (let at = begin; at < bytes.byteLength; at += MAX_CHUNK_BYTES) yield bytes.subarray(at, at + MAX_CHUNK_BYTES);
  }
}

async function readPart({ store, blobs }: SendParts, attachment: Attachment, part: number): Promise<Uint8Array> {
  let bytes: Uint8Array | undefined;
  try {
    bytes = await blobs.get(partKey(attachment, part));
  } catch (error) {
    if (error instanceof BlobDamaged) throw damaged(attachment, error);
    throw blobFailure(error);
  }
  if (bytes?.byteLength === partLength(attachment.sizeBytes, part)) return bytes;
  const present = await store.attachments.byId(attachment.id);
  if (present?.state !== 'complete') throw attachmentNotFound();
  throw damaged(attachment, new Error(`part ${part} is not there, or not whole`));
}

function damaged({ id }: Attachment, cause: Error): DomainError {
  return new DomainError('INTERNAL', 'the file is damaged', {
    cause: new Error(`attachment ${id} is damaged: ${cause.message}`, { cause }),
  });
}
