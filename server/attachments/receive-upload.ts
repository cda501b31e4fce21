import { createHash, type Hash } from 'node:crypto';

import { BlobDamaged, BlobDiffers, type Blobs } from '../blobs/blobs.ts';
import type { Clock } from '../lib/clock.ts';
import type { Upload } from '../store/seam/attachments.ts';
import type { Attachment } from '../store/seam/entry.ts';
import type { Store } from '../store/seam/store.ts';
import { blobFailure } from './blob-failure.ts';
import { dropUpload } from './drop-upload.ts';
import { PART_BYTES, partKey, partLength } from './parts.ts';
import { checkChunk, checksumMismatch, incomplete, offsetWrong } from './upload-rules.ts';

export interface ReceiveParts {
  readonly store: Store;
  readonly blobs: Blobs;
  readonly clock: Clock;
}

/** The bytes as they come. `checkCaller` is asked before each part is stored. */
export interface UploadSource {
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly checkCaller: () => Promise<void>;
}

/**
 * Takes the rest of a file, part by part: each is stored, and then the upload is known to have come so far. One part is
 * in memory at a time. The upload is complete only with the right checksum.
 *
 * @throws DomainError INVALID_FIELD, UPLOAD_INCOMPLETE, UPLOAD_OFFSET_WRONG (another stream is at it), CHECKSUM_MISMATCH
 */
export async function receiveUpload(parts: ReceiveParts, upload: Upload, source: UploadSource): Promise<Attachment> {
  try {
    return await new Receiving(parts, upload).run(source);
  } catch (error) {
    if (error instanceof BlobDiffers || error instanceof BlobDamaged) {
      await dropUpload(parts, upload);
      throw checksumMismatch(error);
    }
    throw blobFailure(error);
  }
}

class Receiving {
  readonly #parts: ReceiveParts;
  readonly #upload: Upload;
  readonly #hash: Hash = createHash('sha256');
  #received: number;

  constructor(parts: ReceiveParts, upload: Upload) {
    this.#parts = parts;
    this.#upload = upload;
    this.#received = upload.receivedBytes;
  }

  async run({ chunks, checkCaller }: UploadSource): Promise<Attachment> {
    const { sizeBytes } = this.#upload;
    await this.#hashStored();
    let part = this.#newPart();
    let filled = 0;
    for await (const chunk of chunks) {
      checkChunk(chunk, sizeBytes - this.#received - filled);
      for (let taken = 0; taken < chunk.byteLength;) {
        const piece = chunk.subarray(taken, taken + part.byteLength - filled);
        part.set(piece, filled);
        taken += piece.byteLength;
        filled += piece.byteLength;
        // The last part waits for the end: what comes after it spoils the upload.
        if (filled < part.byteLength || this.#received + filled === sizeBytes) continue;
        await checkCaller();
        await this.#store(part);
        part = this.#newPart();
        filled = 0;
      }
    }
    if (this.#received + filled < sizeBytes) throw incomplete(this.#received);
    await checkCaller();
    return this.#finish(part.subarray(0, filled));
  }

  get #nextPart(): number {
    return this.#received / PART_BYTES;
  }

  #newPart(): Buffer {
    return Buffer.allocUnsafe(partLength(this.#upload.sizeBytes, this.#nextPart));
  }

  /** What earlier streams stored is part of the checksum. */
  async #hashStored(): Promise<void> {
    for (let part = 0; part < this.#nextPart; part += 1) {
      const key = partKey(this.#upload, part);
      const bytes = await this.#parts.blobs.get(key);
      if (bytes?.byteLength !== partLength(this.#upload.sizeBytes, part)) throw new BlobDamaged(key);
      this.#hash.update(bytes);
    }
  }

  async #store(bytes: Uint8Array): Promise<void> {
    const { store, blobs, clock } = this.#parts;
    const from = this.#received;
    const key = partKey(this.#upload, this.#nextPart);
    this.#hash.update(bytes);
    await blobs.put(key, bytes);
    const to = from + bytes.byteLength;
    if (!(await store.attachments.advance(this.#upload.id, from, to, clock.now()))) throw await this.#overtaken(key);
    this.#received = to;
  }

  async #finish(last: Uint8Array): Promise<Attachment> {
    const { store, blobs, clock } = this.#parts;
    const matches = this.#hash.update(last).digest().equals(this.#upload.sha256);
    if (!matches) {
      await dropUpload(this.#parts, this.#upload);
      throw checksumMismatch();
    }
    const key = partKey(this.#upload, this.#nextPart);
    await blobs.put(key, last);
    const complete = await store.attachments.complete(this.#upload.id, this.#received, clock.now());
    if (complete === undefined) throw await this.#overtaken(key);
    return complete;
  }

  /** Another stream is further, has begun anew, or the upload was collected: then nobody else looks after this part. */
  async #overtaken(key: string): Promise<Error> {
    const { store, blobs } = this.#parts;
    const present = await store.attachments.byId(this.#upload.id);
    if (present !== undefined && present.state !== 'collected') return offsetWrong(present.receivedBytes);
    await blobs.delete([key]);
    return offsetWrong(0);
  }
}
