import { setTimeout as pause } from 'node:timers/promises';

import { signUp } from '../../cluster/chat-peer.ts';
import { judgeLoad, type LoadVerdict } from '../../cluster/judge-load.ts';
import { LoadUser } from '../../cluster/load-user.ts';

/** Often enough that a replica is often in the middle of a transaction, and no more than it can get done at once. */
const SEND_EVERY_MS = 100;
const LOOK_EVERY_MS = 50;

interface Sent {
  readonly at: number;
  readonly from: LoadUser;
  readonly to: LoadUser;
  /** From sending it first to its receipt; undefined as long as there is none. */
  ackMs: number | undefined;
}

/** How long one message waited for its receipt. */
export interface Wait {
  readonly conversationId: bigint;
  readonly ms: number;
}

/** Pairs of users who write to each other all the time, one of each on either of two replicas. */
export class PairTalk implements AsyncDisposable {
  readonly #users: readonly LoadUser[];
  readonly #sent = new Map<string, Sent>();
  readonly #running: Promise<void[]>;
  readonly #sending: NodeJS.Timeout;

  /** @param addresses of the two replicas, HOST:PORT */
  static async start(addresses: readonly [string, string], pairs: number): Promise<PairTalk> {
    const names = Array.from({ length: 2 * pairs }, (_, user) => `pair-${process.pid}-${Date.now()}-${user}`);
    return new PairTalk(
      await Promise.all(
        names.map(async (name, user) => ({ login: await signUp(addresses[0], name), address: addresses[user % 2]! })),
      ),
    );
  }

  private constructor(people: readonly { readonly login: LoadUser['login']; readonly address: string }[]) {
    this.#users = people.map(
      ({ login, address }) =>
        new LoadUser(login, address, {
          acknowledged: (id) => this.#acknowledged(id),
          received: () => undefined,
          resumed: () => undefined,
        }),
    );
    this.#running = Promise.all(this.#users.map((user) => user.run()));
    this.#sending = setInterval(
      () => this.#users.forEach((user, index) => this.#send(user, this.#users[index ^ 1]!)),
      SEND_EVERY_MS,
    );
  }

  /** Resolves once every user has had a receipt. */
  async untilAllHeard(): Promise<void> {
    while (this.#users.some(({ queue }) => queue.acknowledged.size === 0)) await pause(LOOK_EVERY_MS);
  }

  /** The conversations of the pairs. */
  conversations(): bigint[] {
    const receipts = this.#users.map(({ queue }) => queue.acknowledged.values().next().value!);
    return [...new Set(receipts.map(({ conversationId }) => conversationId))];
  }

  /** How long what the users of the second replica have sent from a time on waited for its receipt, or waits still. */
  waitsOnSecond(from: number): Wait[] {
    const now = performance.now();
    const second = new Set(this.#users.filter((_user, index) => index % 2 === 1));
    const sent = [...this.#sent.values()].filter((one) => second.has(one.from) && one.at >= from);
    return sent.map((one) => ({ conversationId: conversationOf(one), ms: one.ackMs ?? now - one.at }));
  }

  /** Sends no more, waits for so long until everything has come where it belongs, and tells whether it has. */
  async finish(withinMs: number): Promise<LoadVerdict> {
    clearInterval(this.#sending);
    const deadline = performance.now() + withinMs;
    const judge = () => judgeLoad(this.#users, (id) => [this.#sent.get(id)!.to]);
    let verdict = judge();
    while (!verdict.isComplete && performance.now() < deadline) {
      await pause(LOOK_EVERY_MS);
      verdict = judge();
    }
    return verdict;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#sending);
    for (const user of this.#users) user.stop();
    await this.#running;
  }

  #send(from: LoadUser, to: LoadUser): void {
    const id = from.send({ target: { $case: 'userId', value: BigInt(to.login.userId) } }, `message ${this.#sent.size}`);
    this.#sent.set(id, { at: performance.now(), from, to, ackMs: undefined });
  }

  #acknowledged(id: string): void {
    const sent = this.#sent.get(id)!;
    sent.ackMs = performance.now() - sent.at;
  }
}

/** Each user has one. */
function conversationOf({ from }: Sent): bigint {
  return from.queue.acknowledged.values().next().value!.conversationId;
}
