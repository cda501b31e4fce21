import type { Clock } from '../lib/clock.ts';
import { DomainError } from '../lib/errors.ts';

export interface LivenessOptions {
  /** From opening until the handshake is done. */
  readonly helloTimeoutMs: number;
  readonly heartbeatMs: number;
  readonly heartbeatMisses: number;
  /** A stream that accepts nothing for so long, while something waits, is ended. */
  readonly slowConsumerMs: number;
}

/** Whether the other side is still there, judged by the frames that come and go. Time is monotonic. */
export class Liveness {
  readonly #clock: Clock;
  readonly #options: LivenessOptions;
  readonly #openedAt: number;
  #receivedAt: number;
  #writtenAt: number;
  #acceptedAt: number;

  constructor(clock: Clock, options: LivenessOptions) {
    this.#clock = clock;
    this.#options = options;
    this.#openedAt = clock.monotonic();
    this.#receivedAt = this.#openedAt;
    this.#writtenAt = this.#openedAt;
    this.#acceptedAt = this.#openedAt;
  }

  received(): void {
    this.#receivedAt = this.#clock.monotonic();
  }

  written(): void {
    this.#writtenAt = this.#clock.monotonic();
    this.#acceptedAt = this.#writtenAt;
  }

  /** Why the stream has to end; `beat` where it is the server's turn to be heard; null where all is well. */
  judge(state: { readonly welcomed: boolean; readonly outboxEmpty: boolean }): DomainError | 'beat' | null {
    const now = this.#clock.monotonic();
    const { helloTimeoutMs, heartbeatMs, heartbeatMisses, slowConsumerMs } = this.#options;
    if (state.outboxEmpty) this.#acceptedAt = now;
    else if (now - this.#acceptedAt > slowConsumerMs) {
      return new DomainError('SLOW_CONSUMER', `nothing was accepted for ${slowConsumerMs} ms; reconnect and resume`, {
        retryAfterMs: 1_000,
      });
    }
    if (!state.welcomed) {
      if (now - this.#openedAt <= helloTimeoutMs) return null;
      return new DomainError('HELLO_TIMEOUT', `no complete hello within ${helloTimeoutMs} ms`);
    }
    if (now - this.#receivedAt > heartbeatMs * heartbeatMisses) {
      return new DomainError('HEARTBEAT_TIMEOUT', `no frame for ${heartbeatMisses} heartbeats of ${heartbeatMs} ms`);
    }
    return state.outboxEmpty && now - this.#writtenAt >= heartbeatMs ? 'beat' : null;
  }
}
