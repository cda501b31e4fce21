import { DomainError } from '../lib/errors.ts';
import type { OutgoingContent } from '../messages/content-rules.ts';
import { storedContent } from '../messages/stored-content.ts';
import type { Upload } from '../store/seam/attachments.ts';
import { type Attachment, type Content, contentOf, type NewEntry } from '../store/seam/entry.ts';
import type { EntryKey } from '../store/seam/log.ts';
import type { Transaction } from '../store/seam/transaction.ts';

/** Whose content it is, and where; `seq`: of the message that is to have it, where it is there already. */
export interface Claimant {
  readonly senderId: number;
  readonly conversationId: number;
  readonly seq?: number;
}

/**
 * The attachments that contents ask for, read once for one transaction, under the locks of their conversations. One that
 * was given to a content is no other's. Without ids, nothing is read or written.
 */
export class AttachmentClaims {
  readonly #uploads: ReadonlyMap<number, Upload>;
  readonly #taken = new Set<number>();

  private constructor(uploads: readonly Upload[]) {
    this.#uploads = new Map(uploads.map((upload) => [upload.id, upload]));
  }

  static async load(tx: Transaction, contents: readonly OutgoingContent[]): Promise<AttachmentClaims> {
    const ids = contents.flatMap(({ attachmentIds }) => attachmentIds ?? []);
    return new AttachmentClaims(ids.length === 0 ? [] : await tx.attachments.byIds(ids));
  }

  /** The content as it is stored, with its attachments; ATTACHMENT_NOT_FOUND where one of them isn't to be had. */
  contentOf(content: OutgoingContent, claimant: Claimant): Content | DomainError {
    const stored = storedContent(content, (id) => this.#free(id, claimant));
    if (!(stored instanceof DomainError)) stored.attachments?.forEach(({ id }) => this.#taken.add(id));
    return stored;
  }

  #free(id: number, { senderId, conversationId, seq }: Claimant): Attachment | undefined {
    const upload = this.#uploads.get(id);
    if (upload?.state !== 'complete' || this.#taken.has(id)) return undefined;
    const { uploaderId, messageSeq } = upload;
    const carriedByOther = messageSeq !== null && messageSeq !== seq;
    if (uploaderId !== senderId || upload.conversationId !== conversationId || carriedByOther) return undefined;
    const { fileName, mediaType, sizeBytes, sha256, createdAt } = upload;
    return { id, conversationId, fileName, mediaType, sizeBytes, sha256, createdAt };
  }
}

/** From now on these new messages carry what their contents name. */
export async function bindAttachments(tx: Transaction, entries: readonly NewEntry[]): Promise<void> {
  const carried = entries.flatMap(({ entry }) => carriedBy(contentOf(entry.body), entry.seq));
  if (carried.length > 0) await tx.attachments.bind(carried);
}

/**
 * For an edit of a message, under the lock of its conversation and before LogWrites.replaceContent, which frees what the
 * new content lacks: gives the content with its attachments, which the message carries from now on. It may keep those
 * that the message has, and add new ones of its sender.
 *
 * @throws DomainError ATTACHMENT_NOT_FOUND
 */
export async function claimForEdit(
  tx: Transaction,
  content: OutgoingContent,
  message: EntryKey & { readonly senderId: number },
): Promise<Content> {
  const claims = await AttachmentClaims.load(tx, [content]);
  const stored = claims.contentOf(content, message);
  if (stored instanceof DomainError) throw stored;
  const carried = carriedBy(stored, message.seq);
  if (carried.length > 0) await tx.attachments.bind(carried);
  return stored;
}

function carriedBy(content: Content | null, messageSeq: number): { id: number; messageSeq: number }[] {
  return content?.attachments?.map(({ id }) => ({ id, messageSeq })) ?? [];
}
