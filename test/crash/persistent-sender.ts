import type { OutgoingMessage, SendReceipt } from '../../proto/gen/parley/v1/chat.pb.ts';
import type { Target } from '../../proto/gen/parley/v1/message.pb.ts';
import { ChatPeer, type Login } from '../cluster/chat-peer.ts';
import { ResendQueue } from '../cluster/resend-queue.ts';

/** Messages under way at the same time. */
const WINDOW = 40;

/** Sends without end, and sends again, in order, what has no result, for as long as the test lasts. */
export class PersistentSender {
  /** How often a stream ended with messages under way. */
  interrupted = 0;
  /** How many messages were stored by a server that was killed before it could say so. */
  storedUnanswered = 0;
  readonly #login: Login;
  readonly #address: string;
  readonly #targets: readonly Target[];
  readonly #queue = new ResendQueue();
  #stopping = false;
  #peer: ChatPeer | undefined;

  constructor(login: Login, address: string, targets: readonly Target[]) {
    this.#login = login;
    this.#address = address;
    this.#targets = targets;
  }

  /** What was acknowledged, in the order of sending. */
  get acknowledged(): ReadonlyMap<string, SendReceipt> {
    return this.#queue.acknowledged;
  }

  /** Every id that was ever sent. */
  get attempted(): readonly string[] {
    return this.#queue.attempted;
  }

  /** Runs until `finish`; resolves when everything that was sent is acknowledged. */
  async run(reconnect: () => Promise<void>): Promise<void> {
    while (!this.#stopping || this.#queue.size > 0) {
      await reconnect();
      const openedAt = Date.now();
      const peer = new ChatPeer(this.#address, this.#login.token, (frame) => {
        if (frame.$case === 'welcome') this.#resume(peer);
        if (frame.$case !== 'sendResults') return;
        for (const result of frame.value.results) {
          const receipt = this.#queue.settle(result);
          if (receipt === undefined) peer.close();
          else if (receipt.createTime!.getTime() < openedAt) this.storedUnanswered += 1;
        }
        this.#fill(peer);
        if (this.#stopping && this.#queue.size === 0) peer.close();
      });
      this.#peer = peer;
      await peer.ended;
      if (this.#queue.size > 0) this.interrupted += 1;
    }
  }

  finish(): void {
    this.#stopping = true;
    if (this.#queue.size === 0) this.#peer?.close();
  }

  #resume(peer: ChatPeer): void {
    for (const message of this.#queue.unanswered) this.#send(peer, message);
    this.#fill(peer);
  }

  #fill(peer: ChatPeer): void {
    while (!this.#stopping && this.#queue.size < WINDOW) {
      const number = this.attempted.length;
      const target = this.#targets[number % this.#targets.length] as Target;
      this.#send(peer, this.#queue.add(target, `message ${number}`));
    }
  }

  #send(peer: ChatPeer, message: OutgoingMessage): void {
    peer.send({ $case: 'send', value: { messages: [message] } });
  }
}
