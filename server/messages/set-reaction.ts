import { DomainError, invalidField } from '../lib/errors.ts';
import type { EntryKey, ReactionEmoji } from '../store/seam/log.ts';
import type { UserRecord } from '../store/seam/records.ts';
import { changeMessage, type ChangeParts } from './change-message.ts';
import { type Receipt, receiptOf } from './send.ts';

/** With how many emoji one user may react to a message. */
export const MAX_EMOJI_OF_USER = 10;
/** With how many different ones all users may, so that a page of messages stays small. */
export const MAX_EMOJI_OF_MESSAGE = 50;
const MAX_EMOJI_BYTES = 64;
const EMOJI = /^\p{RGI_Emoji}$/v;

export interface ReactionRequest {
  readonly message: EntryKey;
  readonly emoji: string;
  /** Whether to take it back. */
  readonly removed: boolean;
}

/**
 * Reacts to a message, or takes a reaction back. Where it is so already, gives the receipt of the entry that holds;
 * null where there was none to take back.
 *
 * @throws DomainError INVALID_FIELD, MESSAGE_NOT_FOUND, NOT_A_MEMBER, RECIPIENT_UNAVAILABLE, LIMIT_REACHED
 */
export async function setReaction(
  parts: ChangeParts,
  user: UserRecord,
  { message, emoji, removed }: ReactionRequest,
): Promise<Receipt | null> {
  if (Buffer.byteLength(emoji) > MAX_EMOJI_BYTES || !EMOJI.test(emoji)) {
    throw invalidField('emoji', `one emoji (RGI_Emoji), at most ${MAX_EMOJI_BYTES} bytes`);
  }
  const { answer } = await changeMessage<Receipt | null>(parts, user, message, async (scene) => {
    const target = await scene.visibleContent(message.seq);
    const present = await scene.tx.log.emojiOn(message, user.id);
    const ownSeq = present.find((other) => other.emoji === emoji)?.ownSeq ?? null;
    if (removed && ownSeq === null) return null;
    if (!removed && ownSeq !== null) return receiptOf(await scene.named(ownSeq));
    await scene.checkMayWrite();
    if (!removed) checkRoom(present, emoji);
    const reaction = await scene.append({ kind: 'reaction', targetSeq: target.seq, emoji, removed });
    await scene.tx.log.setReaction(message, user.id, emoji, removed ? null : reaction.seq);
    return receiptOf(reaction);
  });
  return answer;
}

/** @throws DomainError LIMIT_REACHED */
function checkRoom(present: readonly ReactionEmoji[], emoji: string): void {
  const own = present.filter(({ ownSeq }) => ownSeq !== null).length;
  if (own >= MAX_EMOJI_OF_USER) throw limitReached(MAX_EMOJI_OF_USER, 'of one user');
  const isNew = !present.some((other) => other.emoji === emoji);
  if (isNew && present.length >= MAX_EMOJI_OF_MESSAGE) throw limitReached(MAX_EMOJI_OF_MESSAGE, 'in all');
}

function limitReached(limit: number, whose: string): DomainError {
  return new DomainError('LIMIT_REACHED', `at most ${limit} emoji ${whose} on one message`, {
    metadata: { limit: String(limit) },
  });
}
