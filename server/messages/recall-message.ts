import { DomainError } from '../lib/errors.ts';
import type { Entry } from '../store/seam/entry.ts';
import type { EntryKey } from '../store/seam/log.ts';
import type { UserRecord } from '../store/seam/records.ts';
import { changeMessage, type ChangeParts, type ChangeScene, checkInTime, messageNotFound } from './change-message.ts';
import { type Receipt, receiptOf } from './send.ts';

/**
 * Takes a message back: its content is gone when this returns. What was recalled already has the first receipt.
 *
 * @throws DomainError MESSAGE_NOT_FOUND, NOT_A_MEMBER, ROLE_INSUFFICIENT, TOO_LATE
 */
export async function recallMessage(parts: ChangeParts, user: UserRecord, message: EntryKey): Promise<Receipt> {
  const { answer, appended } = await changeMessage(parts, user, message, async (scene) => {
    const target = await scene.visible(message.seq);
    const { kind } = target.body;
    if (kind !== 'content' && kind !== 'recalled') throw messageNotFound();
    const before = target.body.kind === 'recalled' ? await scene.named(target.body.recallSeq) : null;
    // Their own retry is answered even where they have left since.
    if (before?.senderId === user.id) return receiptOf(before);
    await checkMayRecall(scene, target, before === null ? parts.recallWithinMs : Infinity);
    if (before !== null) return receiptOf(before);
    const recall = await scene.append({ kind: 'recall', targetSeq: target.seq });
    await scene.tx.log.eraseContent(message, recall.seq, scene.now);
    return receiptOf(recall);
  });
  if (appended !== null) parts.events.messageRecalled(message.conversationId, message.seq, user.id);
  return answer;
}

/** Authors for some time, admins at any time. In direct conversations authors also where they can't write any more. */
async function checkMayRecall(scene: ChangeScene, target: Entry, withinMs: number): Promise<void> {
  const role = await scene.role();
  if (role === 'admin' || role === 'owner') return;
  if (target.senderId !== scene.user.id) {
    throw new DomainError('ROLE_INSUFFICIENT', 'only its author may take a message back, or an admin of the group');
  }
  checkInTime(target, scene.now, withinMs);
}
