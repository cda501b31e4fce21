import type { Message } from '../../proto/gen/parley/v1/message.pb.ts';
import { ChatPeer, type Login } from '../cluster/chat-peer.ts';

/** Reads and acknowledges for as long as the test lasts; the server's cursors say where it goes on. */
export class PersistentReader {
  /** By conversation and seq: what was received, once or more often. */
  readonly received = new Map<string, string>();
  /** What is wrong with what came: out of order within a stream, or another message under a known seq. */
  readonly complaints: string[] = [];
  readonly #login: Login;
  readonly #address: string;
  #stopping = false;
  #peer: ChatPeer | undefined;
  #caughtUp: (() => void) | undefined;

  constructor(login: Login, address: string) {
    this.#login = login;
    this.#address = address;
  }

  async run(reconnect: () => Promise<void>): Promise<void> {
    while (!this.#stopping) {
      await reconnect();
      const last = new Map<bigint, bigint>();
      const peer = new ChatPeer(this.#address, this.#login.token, (frame) => {
        if (frame.$case === 'caughtUp') this.#caughtUp?.();
        if (frame.$case !== 'deliver') return;
        for (const message of frame.value.messages) this.#take(message, last);
        const positions = [...last].map(([conversationId, seq]) => ({ conversationId, seq }));
        peer.send({ $case: 'ack', value: { positions } });
      });
      this.#peer = peer;
      await peer.ended;
    }
  }

  /** Comes once more, takes all that waits, and stops. */
  async finish(): Promise<void> {
    const caughtUp = new Promise<void>((resolve) => (this.#caughtUp = resolve));
    this.#peer?.close();
    await caughtUp;
    this.#stopping = true;
    this.#peer?.close();
  }

  #take({ conversationId, seq, clientMessageId }: Message, last: Map<bigint, bigint>): void {
    const before = last.get(conversationId);
    if (before !== undefined && seq !== before + 1n) {
      this.complaints.push(`conversation ${conversationId}: ${seq} came after ${before}`);
    }
    last.set(conversationId, seq);
    const key = `${conversationId}/${seq}`;
    const known = this.received.get(key);
    if (known !== undefined && known !== clientMessageId) {
      this.complaints.push(`${key} was ${known}, then ${clientMessageId}`);
    }
    this.received.set(key, clientMessageId);
  }
}
