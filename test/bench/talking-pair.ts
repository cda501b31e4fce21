import { randomUUID } from 'node:crypto';

import { Content } from '../../proto/gen/parley/v1/message.pb.ts';
import { ChatPeer } from '../cluster/chat-peer.ts';
import type { Resident } from '../scale/residents.ts';

const MESSAGES_PER_SECOND = 50;

/** Two users who write to each other at a steady pace, each as often, and how long each message takes to arrive. */
export class TalkingPair implements AsyncDisposable {
  readonly #peers: readonly ChatPeer[];
  readonly #targets: readonly bigint[];
  readonly #sentAt = new Map<string, number>();
  #latenciesMs: number[] = [];
  #timer: NodeJS.Timeout | undefined;
  #turn = 0;

  constructor(address: string, pair: readonly [Resident, Resident]) {
    this.#targets = [BigInt(pair[1].user.id), BigInt(pair[0].user.id)];
    this.#peers = pair.map(
      ({ token }) =>
        new ChatPeer(address, token, (frame) => {
          if (frame.$case === 'deliver')
            for (const { clientMessageId } of frame.value.messages) this.#arrived(clientMessageId);
        }),
    );
  }

  start(): void {
    this.#timer = setInterval(() => this.#say(), 1_000 / MESSAGES_PER_SECOND);
  }

  /** How long messages took, in milliseconds, while something went on. Those still under way count as late as they are. */
  async during<T>(work: Promise<T>): Promise<{ readonly result: T; readonly latenciesMs: readonly number[] }> {
    this.#latenciesMs = [];
    const result = await work;
    const now = performance.now();
    const underWay = Array.from(this.#sentAt.values(), (sentAt) => now - sentAt);
    return { result, latenciesMs: [...this.#latenciesMs, ...underWay] };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    for (const peer of this.#peers) peer.close();
    await Promise.all(this.#peers.map(({ ended }) => ended));
  }

  #say(): void {
    const clientMessageId = randomUUID();
    const from = (this.#turn += 1) % 2;
    const target = { target: { $case: 'userId' as const, value: this.#targets[from]! } };
    this.#sentAt.set(clientMessageId, performance.now());
    const message = { clientMessageId, target, content: Content.fromPartial({ text: 'are you there?' }) };
    this.#peers[from]!.send({ $case: 'send', value: { messages: [message] } });
  }

  #arrived(clientMessageId: string): void {
    const sentAt = this.#sentAt.get(clientMessageId);
    if (sentAt === undefined) return;
    this.#sentAt.delete(clientMessageId);
    this.#latenciesMs.push(performance.now() - sentAt);
  }
}
