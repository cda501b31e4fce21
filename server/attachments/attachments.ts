import type { Conversations } from '../messages/conversations.ts';
import { checkUuid } from '../messages/content-rules.ts';
import { DomainError } from '../lib/errors.ts';
import type { Upload } from '../store/seam/attachments.ts';
import type { Attachment } from '../store/seam/entry.ts';
import { StoreUnavailable } from '../store/seam/failures.ts';
import type { Events } from '../telemetry/events.ts';
import { beginUpload, type BeginParts } from './begin-upload.ts';
import { receiveUpload, type ReceiveParts, type UploadSource } from './receive-upload.ts';
import { sendFile } from './send-file.ts';
import { type SlotLimits, TransferSlots } from './transfer-slots.ts';
import { attachmentNotFound, checkHeader, type UploadHeader } from './upload-rules.ts';

export interface AttachmentsParts extends BeginParts, ReceiveParts {
  readonly conversations: Conversations;
  readonly events: Events;
}

export interface AttachmentsLimits {
  /** Of one file. */
  readonly maxBytes: number;
  readonly uploads: SlotLimits;
  readonly downloads: SlotLimits;
}

/** Who fetches what, from where on. `checkCaller`: throws once the caller may not go on. */
export interface DownloadRequest {
  readonly userId: number;
  readonly attachmentId: number;
  readonly offsetBytes: number;
  readonly checkCaller: () => Promise<void>;
}

/** Files of conversations: up in parts, and down for whoever may read the message that carries them. */
export class Attachments {
  readonly #parts: AttachmentsParts;
  readonly #maxBytes: number;
  readonly #uploads: TransferSlots;
  readonly #downloads: TransferSlots;

  constructor(parts: AttachmentsParts, limits: AttachmentsLimits) {
    this.#parts = parts;
    this.#maxBytes = limits.maxBytes;
    this.#uploads = new TransferSlots(limits.uploads);
    this.#downloads = new TransferSlots(limits.downloads);
  }

  /**
   * Stores a file, or the rest of it. One that is complete is given at once, whatever its source has to say.
   *
   * @throws DomainError as checkHeader, Conversations.toWrite, beginUpload and receiveUpload do; OVERLOADED
   */
  async upload(userId: number, wanted: UploadHeader, source: UploadSource): Promise<Attachment> {
    const { conversations, clock, events } = this.#parts;
    const header = checkHeader(wanted, this.#maxBytes);
    using _slot = this.#uploads.take(userId);
    const facts = await conversations.toWrite(userId, header.target);
    const upload = await beginUpload(this.#parts, userId, facts, header, clock.now()).catch((error: unknown) => {
      if (error instanceof StoreUnavailable) conversations.forget(userId, header.target);
      throw error;
    });
    if (upload.state === 'complete') return upload;
    const attachment = await receiveUpload(this.#parts, upload, source);
    events.fileUploaded(attachment.id, userId, attachment.sizeBytes);
    return attachment;
  }

  /** How far an upload of one's own has come. @throws DomainError ATTACHMENT_NOT_FOUND, INVALID_FIELD */
  async progress(userId: number, requestId: string): Promise<Upload> {
    const upload = await this.#parts.store.attachments.byRequest(userId, checkUuid(requestId, 'request_id'));
    if (upload === undefined || upload.state === 'collected') throw attachmentNotFound();
    return upload;
  }

  /**
   * Calls `onFound` with the file, and then gives its bytes.
   *
   * @throws DomainError ATTACHMENT_NOT_FOUND, UPLOAD_OFFSET_WRONG, OVERLOADED; as sendFile does
   */
  async *download({
    userId,
    attachmentId,
    offsetBytes,
    checkCaller,
  }: DownloadRequest): AsyncGenerator<Attachment | Uint8Array, void, undefined> {
    using _slot = this.#downloads.take(userId);
    const attachment = await this.#parts.store.attachments.readable(userId, attachmentId);
    if (attachment === undefined) throw attachmentNotFound();
    if (offsetBytes > attachment.sizeBytes) {
      throw new DomainError('UPLOAD_OFFSET_WRONG', `the file ends at ${attachment.sizeBytes}`, {
        metadata: { received_bytes: String(attachment.sizeBytes) },
      });
    }
    yield attachment;
    yield* sendFile(this.#parts, attachment, offsetBytes, checkCaller);
  }
}
