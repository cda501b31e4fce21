import { createHash, randomBytes, randomUUID } from 'node:crypto';

import { Attachments, type AttachmentsLimits } from '../../server/attachments/attachments.ts';
import { OrphanCollector } from '../../server/attachments/orphan-collector.ts';
import type { UploadHeader } from '../../server/attachments/upload-rules.ts';
import { MemoryBlobs } from '../../server/blobs/memory-blobs.ts';
import { Conversations } from '../../server/messages/conversations.ts';
import { WritePermissions } from '../../server/messages/write-permissions.ts';
import type { Attachment } from '../../server/store/seam/entry.ts';
import type { UserRecord } from '../../server/store/seam/records.ts';
import type { Store } from '../../server/store/seam/store.ts';
import { Domain, toUser } from './domain.ts';

export const PART_BYTES = 1_048_576;
const CHUNK_BYTES = 65_536;
const ORPHAN_AFTER_MS = 86_400_000;

const LIMITS: AttachmentsLimits = {
  maxBytes: 8 * PART_BYTES,
  uploads: { perUser: 4, total: 32 },
  downloads: { perUser: 4, total: 32 },
};

export const checkNothing = async () => undefined;

/** Bytes in chunks, as a client sends them. */
export async function* chunksOf(...pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void, undefined> {
  for (const bytes of pieces) {
    for (let at = 0; at < bytes.byteLength; at += CHUNK_BYTES) yield bytes.subarray(at, at + CHUNK_BYTES);
  }
}

/** Two users who send each other files, over blobs in memory that a test may look into or put others in the place of. */
export class FileScene {
  readonly domain: Domain;
  readonly ann: UserRecord;
  readonly bob: UserRecord;
  readonly blobs: MemoryBlobs;
  readonly attachments: Attachments;
  readonly collector: OrphanCollector;

  private constructor(domain: Domain, ann: UserRecord, bob: UserRecord, blobs: MemoryBlobs) {
    this.domain = domain;
    this.ann = ann;
    this.bob = bob;
    this.blobs = blobs;
    const { store, clock, events } = domain;
    const parts = { store, blobs, clock, events };
    const permissions = new WritePermissions('anyone');
    this.attachments = new Attachments({ ...parts, permissions, conversations: new Conversations(store) }, LIMITS);
    this.collector = new OrphanCollector(parts, ORPHAN_AFTER_MS);
  }

  static async make(store: Store, blobs = new MemoryBlobs()): Promise<FileScene> {
    const domain = new Domain(store);
    return new FileScene(domain, await domain.makeUser(), await domain.makeUser(), blobs);
  }

  /** A header of Ann's for Bob. */
  header(bytes: Uint8Array, changed: Partial<UploadHeader> = {}): UploadHeader {
    return {
      target: toUser(this.bob),
      fileName: 'cake.jpeg',
      mediaType: 'image/jpeg',
      sizeBytes: bytes.byteLength,
      sha256: createHash('sha256').update(bytes).digest(),
      requestId: randomUUID(),
      offsetBytes: 0,
      ...changed,
    };
  }

  /** Ann uploads these pieces one after the other. */
  upload(header: UploadHeader, ...pieces: readonly Uint8Array[]): Promise<Attachment> {
    const source = { chunks: chunksOf(...pieces), checkCaller: checkNothing };
    return this.attachments.upload(this.ann.id, header, source);
  }

  /** A new file of Ann's, complete. */
  async file(bytes: Uint8Array = randomBytes(10)): Promise<Attachment> {
    return this.upload(this.header(bytes), bytes);
  }

  async received(requestId: string): Promise<number> {
    return (await this.attachments.progress(this.ann.id, requestId)).receivedBytes;
  }

  async download(user: UserRecord, { id }: { readonly id: number }, offsetBytes = 0): Promise<Buffer> {
    const bytes: Uint8Array[] = [];
    const wanted = { userId: user.id, attachmentId: id, offsetBytes, checkCaller: checkNothing };
    for await (const piece of this.attachments.download(wanted)) if (piece instanceof Uint8Array) bytes.push(piece);
    return Buffer.concat(bytes);
  }
}
