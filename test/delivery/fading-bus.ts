import type { Bus, BusState } from '../../server/bus/bus.ts';

/** A bus that carries nothing, in a state that the test sets. */
export class FadingBus implements Bus {
  #state: BusState;
  #changed: (state: BusState) => void = () => undefined;

  constructor(state: BusState) {
    this.#state = state;
  }

  get state(): BusState {
    return this.#state;
  }

  become(state: BusState): void {
    this.#state = state;
    this.#changed(state);
  }

  async subscribe(): Promise<void> {}

  async unsubscribe(): Promise<void> {}

  publish(): void {}

  onEvent(): void {}

  onState(changed: (state: BusState) => void): void {
    this.#changed = changed;
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
