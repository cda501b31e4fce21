import { DomainError } from '../lib/errors.ts';
import type { Attachment, Content } from '../store/seam/entry.ts';
import type { OutgoingContent } from './content-rules.ts';

/** A content as it is stored, its attachments in full; or ATTACHMENT_NOT_FOUND where it may not carry one of them. */
export function storedContent(
  { attachmentIds, ...content }: OutgoingContent,
  attachmentOf: (id: number) => Attachment | undefined,
): Content | DomainError {
  if (attachmentIds === undefined) return content;
  const attachments: Attachment[] = [];
  for (const id of attachmentIds) {
    const attachment = attachmentOf(id);
    if (attachment === undefined) {
      return new DomainError('ATTACHMENT_NOT_FOUND', `attachment ${id} is not there, or not for this message`);
    }
    attachments.push(attachment);
  }
  return { ...content, attachments };
}
