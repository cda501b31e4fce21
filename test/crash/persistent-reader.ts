import { ChatPeer, type Login } from '../cluster/chat-peer.ts';
import { ReceivedLog } from '../cluster/received-log.ts';

/** Reads and acknowledges for as long as the test lasts; the server's cursors say where it goes on. */
export class PersistentReader {
  readonly #log = new ReceivedLog();
  readonly #login: Login;
  readonly #address: string;
  #stopping = false;
  #peer: ChatPeer | undefined;
  #caughtUp: (() => void) | undefined;

  constructor(login: Login, address: string) {
    this.#login = login;
    this.#address = address;
  }

  /** By conversation and seq: what was received, once or more often. */
  get received(): ReadonlyMap<string, string> {
    return this.#log.received;
  }

  /** What is wrong with what came: out of order within a stream, or another message under a known seq. */
  get complaints(): string[] {
    return this.#log.complaints();
  }

  async run(reconnect: () => Promise<void>): Promise<void> {
    while (!this.#stopping) {
      await reconnect();
      this.#log.opened();
      const peer = new ChatPeer(this.#address, this.#login.token, (frame) => {
        if (frame.$case === 'caughtUp') this.#caughtUp?.();
        if (frame.$case !== 'deliver') return;
        for (const message of frame.value.messages) this.#log.take(message);
        peer.send({ $case: 'ack', value: { positions: this.#log.positions() } });
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
}
