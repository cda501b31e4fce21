import { DomainError } from '../lib/errors.ts';
import { repeatedOnDuplicate } from '../messages/repeat.ts';
import type { WritePermissions } from '../messages/write-permissions.ts';
import type { Upload } from '../store/seam/attachments.ts';
import { StoreUnavailable } from '../store/seam/failures.ts';
import type { ConversationFacts } from '../store/seam/records.ts';
import type { Store } from '../store/seam/store.ts';
import { isSameFile, offsetWrong, type UploadHeader } from './upload-rules.ts';

export interface BeginParts {
  readonly store: Store;
  readonly permissions: WritePermissions;
}

/**
 * Finds the upload that a header goes on with, or makes one; one that is complete is given as it is. To begin anew is to
 * make another one under the same request id: blobs never change, and a stream that still writes to the old ones can do
 * no harm.
 *
 * @throws DomainError REQUEST_ID_REUSED, UPLOAD_OFFSET_WRONG, NOT_A_MEMBER, RECIPIENT_UNAVAILABLE
 */
export function beginUpload(
  { store, permissions }: BeginParts,
  uploaderId: number,
  facts: ConversationFacts,
  header: UploadHeader,
  now: number,
): Promise<Upload> {
  const { requestId, offsetBytes, fileName, mediaType, sizeBytes, sha256 } = header;
  const begin = () =>
    store.transact(
      async (tx) => {
        const [head] = await tx.log.lock([facts.id], 'wait');
        // The database has lost what it had: the next try finds, or makes, another conversation.
        if (head === undefined) throw new StoreUnavailable(`conversation ${facts.id} is not in the log any more`);
        const found = await tx.attachments.byRequest(uploaderId, requestId);
        const before = found?.state === 'collected' ? undefined : found;
        if (before !== undefined && !isSameFile(before, header, facts.id)) {
          throw new DomainError('REQUEST_ID_REUSED', 'request_id was used before for another file');
        }
        if (before?.state === 'complete') return before;

        const judge = await permissions.load(tx, [facts], new Map([[head.id, head]]));
        const refusal = judge(uploaderId, facts);
        if (refusal !== null) throw refusal;

        const receivedBytes = before?.receivedBytes ?? 0;
        if (offsetBytes !== 0 && offsetBytes !== receivedBytes) throw offsetWrong(receivedBytes);
        if (before !== undefined && offsetBytes === receivedBytes) return before;

        if (found !== undefined) await tx.attachments.drop(found.id, now);
        const made = { conversationId: facts.id, fileName, mediaType, sizeBytes, sha256, createdAt: now, uploaderId };
        const id = await tx.attachments.insert({ ...made, requestId });
        return { ...made, id, state: 'uploading' as const, receivedBytes: 0, messageSeq: null };
      },
      { repeatable: true },
    );
  return repeatedOnDuplicate(begin);
}
