import { randomUUID } from 'node:crypto';

import type { Lane, SendOutcome } from '../../server/messages/send.ts';
import type { Target, UserRecord } from '../../server/store/seam/records.ts';
import type { Domain } from './domain.ts';

/** What a stream of one user sends to one target, and what became of it, in the order in which it was told. */
export class UserStream {
  readonly outcomes: SendOutcome[] = [];
  readonly lane: Lane = { failedId: null };
  readonly #domain: Domain;
  readonly #user: UserRecord;
  readonly #target: Target;

  constructor(domain: Domain, user: UserRecord, target: Target) {
    this.#domain = domain;
    this.#user = user;
    this.#target = target;
  }

  /** Resolves when it is queued, or refused before. */
  send(text: string, clientMessageId: string = randomUUID()): Promise<void> {
    const outgoing = { clientMessageId, target: this.#target, content: { text } };
    return this.#domain.sender.send(this.#user, outgoing, this.lane, (outcome) => this.outcomes.push(outcome));
  }

  /** The seq of each outcome, or the reason why it has none. */
  get results(): (number | string)[] {
    return this.outcomes.map((outcome) => (outcome.ok ? outcome.receipt.seq : outcome.error.reason));
  }
}
