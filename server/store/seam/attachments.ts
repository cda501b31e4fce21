import type { Attachment } from './entry.ts';

/** `collected`: it is gone for everybody; its blobs, and then its row, are being deleted. */
export type UploadState = 'uploading' | 'complete' | 'collected';

/** A file on its way in, or in. `createdAt`: when it was complete; before that, when it was begun. */
export interface Upload extends Attachment {
  readonly uploaderId: number;
  readonly state: UploadState;
  /** What the blob store is known to have, from the start. */
  readonly receivedBytes: number;
  /** The message that carries it. */
  readonly messageSeq: number | null;
}

/** An upload to begin. `requestId`: a UUID in lower case, unique for its uploader. */
export interface NewUpload extends Omit<Attachment, 'id'> {
  readonly uploaderId: number;
  readonly requestId: string;
}

/** `readable` apart, nothing here judges who asks. */
export interface AttachmentStore {
  byId(attachmentId: number): Promise<Upload | undefined>;
  byRequest(uploaderId: number, requestId: string): Promise<Upload | undefined>;
  /**
   * A complete attachment that the user may fetch: one of a message that ListMessages would give them, with it; or
   * their own that no message carries.
   */
  readable(userId: number, attachmentId: number): Promise<Attachment | undefined>;
  /**
   * Notes that bytes up to `toBytes` are stored, where they were up to `fromBytes`; false where another stream has
   * moved the upload, or it is no longer one. Harmless to repeat.
   */
  advance(attachmentId: number, fromBytes: number, toBytes: number, at: number): Promise<boolean>;
  /** As `advance` to the end, which makes it complete, and gives it; undefined where it isn't. Harmless to repeat. */
  complete(attachmentId: number, fromBytes: number, at: number): Promise<Attachment | undefined>;
  /** What no message carries and nobody touched since, the longest untouched first. */
  orphans(touchedBefore: number, limit: number): Promise<Pick<Upload, 'id' | 'conversationId'>[]>;
  collected(limit: number): Promise<Pick<Upload, 'id' | 'sizeBytes' | 'sha256'>[]>;
  /** Deletes those rows that are collected. */
  remove(attachmentIds: readonly number[]): Promise<void>;
}

/**
 * What a transaction does with attachments. Whether a complete one is carried, or collected, changes only under the lock
 * of its conversation.
 */
export interface AttachmentWrites {
  byIds(attachmentIds: readonly number[]): Promise<Upload[]>;
  byRequest(uploaderId: number, requestId: string): Promise<Upload | undefined>;
  /**
   * Gives the id.
   *
   * @throws DuplicateKey when the uploader has used the request id before
   */
  insert(upload: NewUpload): Promise<number>;
  /** Gives an upload that is not complete up: it is collected, and its request id may be used again. */
  drop(attachmentId: number, at: number): Promise<void>;
  /** From now on a message carries it. */
  bind(carried: readonly { readonly id: number; readonly messageSeq: number }[]): Promise<void>;
  /** Collects those that are still orphans, as by AttachmentStore.orphans; gives their number. */
  collect(attachmentIds: readonly number[], touchedBefore: number): Promise<number>;
}
