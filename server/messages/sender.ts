import { DomainError, isRetryable } from '../lib/errors.ts';
import type { Target, UserRecord } from '../store/seam/records.ts';
import { checkContent, checkUuid, hashRequest, type OutgoingContent } from './content-rules.ts';
import type { Conversations } from './conversations.ts';
import type { CursorWriter } from './cursor-writer.ts';
import type { Journal } from './journal.ts';
import { type Lane, noteInLane, type Receipt, type SendOutcome, type SendRequest, type Settle } from './send.ts';
import { storeFailure } from './store-failure.ts';

/** A message as a client gives it. */
export interface OutgoingMessage {
  readonly clientMessageId: string;
  readonly target: Target;
  readonly content: OutgoingContent | undefined;
}

/** The way of every message into the log: check, find the conversation, journal. */
export class Sender {
  readonly #conversations: Conversations;
  readonly #journal: Journal;
  readonly #cursors: CursorWriter;

  constructor(parts: { conversations: Conversations; journal: Journal; cursors: CursorWriter }) {
    this.#conversations = parts.conversations;
    this.#journal = parts.journal;
    this.#cursors = parts.cursors;
  }

  /**
   * A stream's send: resolves when it is queued (a full journal makes it wait), and `settle` gets the result.
   * Never throws: what is wrong is the result.
   */
  async send(user: UserRecord, outgoing: OutgoingMessage, lane: Lane, settle: Settle): Promise<void> {
    try {
      const request = checkRequest(user, outgoing, lane);
      await this.#journal.room();
      const facts = await this.#conversations.toWrite(user.id, request.target);
      // All that waited hear of the same room, and others may have taken it meanwhile.
      while (this.#journal.full) await this.#journal.room();
      this.#journal.submit({ ...request, facts }, (outcome) => {
        this.#noteOutcome(user, request.target, outcome);
        settle({ ...outcome, clientMessageId: outgoing.clientMessageId });
      });
    } catch (cause) {
      const { clientMessageId } = outgoing;
      const outcome: SendOutcome = { ok: false, clientMessageId, error: toDomainError(cause) };
      noteInLane(lane, clientMessageId.toLowerCase(), outcome);
      settle(outcome);
    }
  }

  /** One message by itself. @throws DomainError; OVERLOADED where a stream would wait */
  async sendOne(user: UserRecord, outgoing: OutgoingMessage): Promise<Receipt> {
    const request = checkRequest(user, outgoing, null);
    this.#refuseIfFull();
    const facts = await this.#conversations.toWrite(user.id, request.target);
    // Others may have taken the room meanwhile.
    this.#refuseIfFull();
    return new Promise((resolve, reject) => {
      this.#journal.submit({ ...request, facts }, (outcome) => {
        this.#noteOutcome(user, request.target, outcome);
        if (outcome.ok) resolve(outcome.receipt);
        else reject(outcome.error);
      });
    });
  }

  /** As Journal#lull. */
  lull(mostMs: number): Promise<void> {
    return this.#journal.lull(mostMs);
  }

  #refuseIfFull(): void {
    if (!this.#journal.full) return;
    throw new DomainError('OVERLOADED', 'too many messages are waiting to be stored', { retryAfterMs: 500 });
  }

  /** Who writes has read, and has what they wrote: their own messages are never unread and never wait for them. */
  #noteOutcome(user: UserRecord, target: Target, outcome: SendOutcome): void {
    if (!outcome.ok) {
      if (isRetryable(outcome.error)) this.#conversations.forget(user.id, target);
      return;
    }
    const { conversationId, seq } = outcome.receipt;
    this.#cursors.note({ userId: user.id, conversationId, readSeq: seq, own: { from: seq, to: seq } });
  }
}

function checkRequest(user: UserRecord, outgoing: OutgoingMessage, lane: Lane | null): SendRequest {
  const { target } = outgoing;
  const clientMessageId = checkUuid(outgoing.clientMessageId, 'client_message_id');
  const content = checkContent(outgoing.content);
  const requestHash = hashRequest(target, content);
  return { senderId: user.id, senderName: user.name, clientMessageId, target, content, requestHash, lane };
}

function toDomainError(cause: unknown): DomainError {
  if (cause instanceof DomainError) return cause;
  return storeFailure(cause) ?? new DomainError('INTERNAL', 'the message could not be stored', { cause });
}
