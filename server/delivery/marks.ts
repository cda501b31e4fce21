import { DomainError } from '../lib/errors.ts';
import type { Feed } from './feed.ts';
import type { Notice } from './outbound.ts';

/** A place that a client names. */
export interface Position {
  readonly conversationId: number;
  readonly seq: number;
}

/** Which marks of a client count: those up to what its stream was given. The others are refused one by one. */
export function judgeMarks(
  feed: Feed,
  frame: 'ack' | 'read',
  positions: readonly Position[],
): { readonly allowed: readonly Position[]; readonly refusals: readonly Notice[] } {
  // Nothing up to the beginning: no cursor is below it, and anybody may say so of any conversation.
  const marks = positions.filter(({ seq }) => seq > 0);
  const limit = ({ conversationId }: Position) => feed.acknowledgeable(conversationId);
  return {
    allowed: marks.filter((mark) => mark.seq <= limit(mark)),
    refusals: marks
      .filter((mark) => mark.seq > limit(mark))
      .map((mark) => {
        const text = `seq ${mark.seq} is beyond ${limit(mark)}, the last one delivered`;
        const error = new DomainError('ACK_BEYOND_DELIVERED', text);
        return { type: 'frame-error', frame, conversationId: mark.conversationId, error };
      }),
  };
}
