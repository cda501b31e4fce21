import { randomUUIDv7 } from 'node:crypto';

import type { OutgoingMessage, SendReceipt, SendResult } from '../../proto/gen/parley/v1/chat.pb.ts';
import { Content, type Target } from '../../proto/gen/parley/v1/message.pb.ts';

/** What one sender has sent: what waits for its result, in order, and what was acknowledged. */
export class ResendQueue {
  /** In the order in which it was acknowledged. */
  readonly acknowledged = new Map<string, SendReceipt>();
  /** Every id that was ever sent, in the order of sending. */
  readonly attempted: string[] = [];
  readonly #unanswered = new Map<string, OutgoingMessage>();

  /** How many have no result. */
  get size(): number {
    return this.#unanswered.size;
  }

  /** What has no result, to be sent again on a new stream, all of it and in this order, so that the order holds. */
  get unanswered(): Iterable<OutgoingMessage> {
    return this.#unanswered.values();
  }

  /** Makes a new message, which waits for its result from now on. */
  add(target: Target, text: string): OutgoingMessage {
    const message = { clientMessageId: randomUUIDv7(), target, content: Content.fromPartial({ text }) };
    this.attempted.push(message.clientMessageId);
    this.#unanswered.set(message.clientMessageId, message);
    return message;
  }

  /** Takes a result. Gives the receipt, the first time that there is one. */
  settle({ clientMessageId, outcome }: SendResult): SendReceipt | undefined {
    if (outcome?.$case !== 'receipt' || !this.#unanswered.delete(clientMessageId)) return undefined;
    this.acknowledged.set(clientMessageId, outcome.value);
    return outcome.value;
  }
}
