import type { Bus, BusEvent, Channel } from './bus.ts';

/** The bus of a replica that is alone: what is published here arrives here, after the code that publishes it. */
export class MemoryBus implements Bus {
  readonly state = 'up';
  readonly #channels = new Set<Channel>();
  #receive: (event: BusEvent) => void = () => undefined;

  async subscribe(channels: readonly Channel[]): Promise<void> {
    for (const channel of channels) this.#channels.add(channel);
  }

  async unsubscribe(channels: readonly Channel[]): Promise<void> {
    for (const channel of channels) this.#channels.delete(channel);
  }

  publish(channel: Channel, event: BusEvent): void {
    if (!this.#channels.has(channel)) return;
    queueMicrotask(() => this.#receive(event));
  }

  onEvent(receive: (event: BusEvent) => void): void {
    this.#receive = receive;
  }

  /** It is always up. */
  onState(): void {}

  async [Symbol.asyncDispose](): Promise<void> {
    this.#channels.clear();
  }
}
