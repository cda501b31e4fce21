import { type DomainError, isRetryable } from '../lib/errors.ts';
import type { ConversationFacts, Target } from '../store/seam/records.ts';
import type { OutgoingContent } from './content-rules.ts';

/** What a client asks for, checked. */
export interface SendRequest {
  readonly senderId: number;
  readonly senderName: string;
  readonly clientMessageId: string;
  readonly target: Target;
  readonly content: OutgoingContent;
  readonly requestHash: Uint8Array;
  /** The order that this send keeps; null for one that stands alone. */
  readonly lane: Lane | null;
}

/** A request whose conversation is known. */
export interface Send extends SendRequest {
  readonly facts: ConversationFacts;
}

/**
 * The sends of one stream to one target. After a failure that may be retried, everything later in the lane fails too
 * until the failed one is sent again, so that the sender's order holds.
 */
export interface Lane {
  failedId: string | null;
}

/** Proof that a message is stored. */
export interface Receipt {
  readonly conversationId: number;
  readonly seq: number;
  readonly ordinal: number;
  readonly createdAt: number;
}

/** The receipt of something stored, and nothing else of it. */
export function receiptOf({ conversationId, seq, ordinal, createdAt }: Receipt): Receipt {
  return { conversationId, seq, ordinal, createdAt };
}

export type SendOutcome =
  | { readonly ok: true; readonly clientMessageId: string; readonly receipt: Receipt }
  | { readonly ok: false; readonly clientMessageId: string; readonly error: DomainError };

/** A failure that may be retried closes the lane; any other result of the failed one opens it again. */
export function noteInLane(lane: Lane, clientMessageId: string, outcome: SendOutcome): void {
  if (!outcome.ok && isRetryable(outcome.error)) lane.failedId ??= clientMessageId;
  else if (lane.failedId === clientMessageId) lane.failedId = null;
}

/** Is called once, before the message is published. */
export type Settle = (outcome: SendOutcome) => void;
