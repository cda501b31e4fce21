import { claimForEdit } from '../attachments/attachment-claims.ts';
import { DomainError, invalidField } from '../lib/errors.ts';
import type { EntryKey } from '../store/seam/log.ts';
import type { UserRecord } from '../store/seam/records.ts';
import { changeMessage, type ChangeParts, checkInTime, type ContentEntry } from './change-message.ts';
import { checkContent, checkUuid, hashEdit, judgeReply, type OutgoingContent } from './content-rules.ts';
import { answerRepeat } from './repeat.ts';
import { type Receipt, receiptOf } from './send.ts';

export interface EditRequest {
  readonly clientMessageId: string;
  readonly message: EntryKey;
  readonly content: OutgoingContent | undefined;
  /** How many edits the client knows of. */
  readonly expectedRevision: number;
}

/**
 * Puts another content in the place of the user's own message; what it said before is gone when this returns.
 *
 * @throws DomainError INVALID_FIELD, MESSAGE_NOT_FOUND, CLIENT_MESSAGE_ID_REUSED, NOT_A_MEMBER, RECIPIENT_UNAVAILABLE,
 *   ROLE_INSUFFICIENT, TOO_LATE, REVISION_CONFLICT, ATTACHMENT_NOT_FOUND
 */
export async function editMessage(parts: ChangeParts, user: UserRecord, request: EditRequest): Promise<Receipt> {
  const { message, expectedRevision } = request;
  const clientMessageId = checkUuid(request.clientMessageId, 'client_message_id');
  const outgoing = checkContent(request.content);
  if (expectedRevision < 0) throw invalidField('expected_revision', 'a number of edits: 0 or more');
  const identity = { clientMessageId, requestHash: hashEdit(message, outgoing) };

  const { answer } = await changeMessage(parts, user, message, async (scene) => {
    const { tx } = scene;
    const [stored] = await tx.log.findRepeats([{ senderId: user.id, clientMessageId }]);
    const repeat = stored && answerRepeat(identity, stored);
    if (repeat !== undefined && !(repeat instanceof DomainError)) return repeat;
    const target = await scene.visibleContent(message.seq);
    // Told only to those who may see the message: a stranger's ids tell nothing of what there is.
    if (repeat !== undefined) throw repeat;
    await scene.checkMayWrite();
    if (target.senderId !== user.id) throw new DomainError('ROLE_INSUFFICIENT', 'only its author may edit a message');
    checkInTime(target, scene.now, parts.editWithinMs);
    const revision = nextRevision(target, expectedRevision);
    const refusal = judgeReply(outgoing, target.seq);
    if (refusal !== null) throw refusal;
    const content = await claimForEdit(tx, outgoing, { ...message, senderId: user.id });
    const edit = await scene.append({ kind: 'edit', targetSeq: target.seq, content, revision }, identity);
    await tx.log.replaceContent({ ...message, editSeq: edit.seq, content, revision, at: scene.now });
    return receiptOf(edit);
  });
  return answer;
}

function nextRevision({ body: { revision = 0 } }: ContentEntry, expected: number): number {
  if (revision !== expected) {
    throw new DomainError('REVISION_CONFLICT', `the message was edited: its revision is ${revision}`, {
      metadata: { revision: String(revision) },
    });
  }
  return revision + 1;
}
