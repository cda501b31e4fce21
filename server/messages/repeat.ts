import { DomainError } from '../lib/errors.ts';
import { DuplicateKey } from '../store/seam/failures.ts';
import { type Receipt, receiptOf } from './send.ts';

/** Under what a client asked for something to be stored, and what that was. */
export interface Identity {
  readonly clientMessageId: string;
  readonly requestHash: Uint8Array;
}

/** What was stored under a client_message_id before. */
export interface Stored extends Receipt {
  readonly requestHash: Uint8Array;
}

/** The first receipt for the same request; CLIENT_MESSAGE_ID_REUSED for another one. */
export function answerRepeat({ clientMessageId, requestHash }: Identity, stored: Stored): Receipt | DomainError {
  if (Buffer.compare(requestHash, stored.requestHash) === 0) return receiptOf(stored);
  return new DomainError(
    'CLIENT_MESSAGE_ID_REUSED',
    `client_message_id ${clientMessageId} was used before with another target or content`,
  );
}

const DUPLICATE_RETRIES = 3;

/** A client_message_id that another transaction stored meanwhile shows as a duplicate key: `work` then finds it. */
export async function repeatedOnDuplicate<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof DuplicateKey) || attempt > DUPLICATE_RETRIES) throw error;
    }
  }
}
