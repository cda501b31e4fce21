import type { ChatSession } from '../../server/delivery/chat-session.ts';
import type { ScrambledReplica } from './replica.ts';
import type { UserCursor } from '../../server/store/seam/cursors.ts';
import type { UserRecord } from '../../server/store/seam/records.ts';
import type { Told } from './told.ts';

export interface Cursors {
  readonly logEpoch: string;
  readonly positions: ReadonlyMap<number, number>;
}

/** A client that keeps what its stream tells it. */
export class Device {
  readonly told = new Map<number, Told[]>();
  /** Whatever it was told of cursors. */
  readonly cursors: UserCursor[] = [];
  caughtUp = 0;
  readonly #session: ChatSession;
  readonly #reading: Promise<void>;

  constructor(replica: ScrambledReplica, user: UserRecord) {
    this.#session = replica.open(user);
    this.#reading = this.#read();
  }

  async hello(cursors: Cursors | null): Promise<void> {
    const logEpoch = cursors?.logEpoch ?? '';
    await this.#session.hello({
      protocolVersion: 1,
      minProtocolVersion: 1,
      deviceName: '',
      hasCursors: cursors !== null,
      logEpoch,
    });
    if (cursors === null) return;
    const positions = [...cursors.positions].map(([conversationId, seq]) => ({ conversationId, seq }));
    this.#session.helloCursors(positions);
    await this.#session.helloDone();
  }

  send(target: Parameters<ChatSession['send']>[0]['target'], clientMessageId: string): Promise<void> {
    return this.#session.send({ clientMessageId, target, content: { text: 'hello' } });
  }

  /** Acknowledges everything that was delivered. */
  ack(): void {
    for (const [conversationId, told] of this.told) {
      const last = told.findLast(({ kind }) => kind === 'entry');
      if (last?.kind === 'entry') this.#session.ack([{ conversationId, seq: last.seq }]);
    }
  }

  async close(): Promise<void> {
    this.#session.end(null);
    await this.#reading;
  }

  async #read(): Promise<void> {
    for (;;) {
      const outbound = await this.#session.outbox.next();
      if (outbound === undefined) return;
      if (outbound.type === 'deliver')
        for (const entry of outbound.entries) this.#note(entry.conversationId, { kind: 'entry', seq: entry.seq });
      if (outbound.type === 'skip')
        this.#note(outbound.conversationId, { kind: 'skip', from: outbound.fromSeq, to: outbound.toSeq });
      if (outbound.type === 'receipts') this.cursors.push(...outbound.cursors);
      if (outbound.type === 'caught-up') this.caughtUp += 1;
      if (outbound.type === 'frame-error') throw outbound.error;
      if (outbound.type !== 'results') continue;
      for (const result of outbound.results) {
        if (result.ok) this.#note(result.receipt.conversationId, { kind: 'own', seq: result.receipt.seq });
      }
    }
  }

  #note(conversationId: number, told: Told): void {
    const list = this.told.get(conversationId);
    if (list === undefined) this.told.set(conversationId, [told]);
    else list.push(told);
  }
}
