import type { Bus, BusEvent, BusState, Channel } from '../../server/bus/bus.ts';

/** A bus with what has arrived on it, and which states it told. */
export class Member implements AsyncDisposable {
  readonly received: BusEvent[] = [];
  readonly states: BusState[] = [];
  readonly #bus: Bus;
  readonly #waiting = new Set<() => void>();

  constructor(bus: Bus) {
    this.#bus = bus;
    bus.onEvent((event) => {
      this.received.push(event);
      this.#look();
    });
    bus.onState((state) => {
      this.states.push(state);
      this.#look();
    });
  }

  get bus(): Bus {
    return this.#bus;
  }

  /** Resolves when the condition holds, which is looked at whenever something arrives or the state changes. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  async untilState(state: BusState): Promise<void> {
    await this.until(() => this.#bus.state === state);
  }

  /** The numbers of what arrived through `publish`, of one channel. */
  numbers(channel: Channel): number[] {
    const marked = this.received.flatMap((event) => (event.type === 'membership' ? [event] : []));
    return marked.filter(({ userId }) => userId === idOf(channel)).map(({ conversationId }) => conversationId);
  }

  /** Publishes an event that carries the number. */
  publish(channel: Channel, number: number): void {
    this.#bus.publish(channel, { type: 'membership', conversationId: number, userId: idOf(channel) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#bus[Symbol.asyncDispose]();
  }

  #look(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}

/** Channels that nobody else has: tests share a Redis. */
export function freshChannels(count: number): Channel[] {
  return Array.from({ length: count }, () => `user:${1 + Math.floor(Math.random() * 2 ** 50)}` as const);
}

function idOf(channel: Channel): number {
  return Number(channel.slice(channel.indexOf(':') + 1));
}
