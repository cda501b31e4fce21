import { randomUUIDv7 } from 'node:crypto';

import type { SendReceipt } from '../../proto/gen/parley/v1/chat.pb.ts';
import { Content, type Target } from '../../proto/gen/parley/v1/message.pb.ts';
import { ChatPeer, type Login } from '../cluster/chat-peer.ts';

interface Outgoing {
  readonly clientMessageId: string;
  readonly target: Target;
  readonly text: string;
}

/** Messages under way at the same time. */
const WINDOW = 40;

/** Sends without end, and sends again, in order, what has no result, for as long as the test lasts. */
export class PersistentSender {
  /** What was acknowledged, in the order of sending. */
  readonly acknowledged = new Map<string, SendReceipt>();
  /** Every id that was ever sent. */
  readonly attempted: string[] = [];
  /** How often a stream ended with messages under way. */
  interrupted = 0;
  /** How many messages were stored by a server that was killed before it could say so. */
  storedUnanswered = 0;
  readonly #login: Login;
  readonly #address: string;
  readonly #targets: readonly Target[];
  readonly #unanswered = new Map<string, Outgoing>();
  #stopping = false;
  #peer: ChatPeer | undefined;

  constructor(login: Login, address: string, targets: readonly Target[]) {
    this.#login = login;
    this.#address = address;
    this.#targets = targets;
  }

  /** Runs until `finish`; resolves when everything that was sent is acknowledged. */
  async run(reconnect: () => Promise<void>): Promise<void> {
    while (!this.#stopping || this.#unanswered.size > 0) {
      await reconnect();
      const openedAt = Date.now();
      const peer = new ChatPeer(this.#address, this.#login.token, (frame) => {
        if (frame.$case === 'welcome') this.#resume(peer);
        if (frame.$case !== 'sendResults') return;
        for (const { clientMessageId, outcome } of frame.value.results) {
          if (outcome?.$case === 'receipt') this.#settle(clientMessageId, outcome.value, openedAt);
          // What failed is sent again on a new stream, all of it, so that the order holds.
          else peer.close();
        }
        this.#fill(peer);
        if (this.#stopping && this.#unanswered.size === 0) peer.close();
      });
      this.#peer = peer;
      await peer.ended;
      if (this.#unanswered.size > 0) this.interrupted += 1;
    }
  }

  finish(): void {
    this.#stopping = true;
    if (this.#unanswered.size === 0) this.#peer?.close();
  }

  #resume(peer: ChatPeer): void {
    for (const outgoing of this.#unanswered.values()) this.#send(peer, outgoing);
    this.#fill(peer);
  }

  #fill(peer: ChatPeer): void {
    while (!this.#stopping && this.#unanswered.size < WINDOW) {
      const number = this.attempted.length;
      const target = this.#targets[number % this.#targets.length] as Target;
      const outgoing = { clientMessageId: randomUUIDv7(), target, text: `message ${number}` };
      this.attempted.push(outgoing.clientMessageId);
      this.#unanswered.set(outgoing.clientMessageId, outgoing);
      this.#send(peer, outgoing);
    }
  }

  #send(peer: ChatPeer, { clientMessageId, target, text }: Outgoing): void {
    const message = { clientMessageId, target, content: Content.fromPartial({ text }) };
    peer.send({ $case: 'send', value: { messages: [message] } });
  }

  #settle(clientMessageId: string, receipt: SendReceipt, openedAt: number): void {
    if (receipt.createTime!.getTime() < openedAt) this.storedUnanswered += 1;
    this.#unanswered.delete(clientMessageId);
    this.acknowledged.set(clientMessageId, receipt);
  }
}
