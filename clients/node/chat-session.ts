import type { Welcome } from '../../proto/gen/parley/v1/chat.pb.ts';
import { ChatConnection } from './chat-connection.ts';
import type { ChatConnectionOptions, ServerFrame } from './chat-connection.ts';
import { delay } from './clock.ts';
import { clientClosed, type ParleyError } from './errors.ts';
import { decide, DEFAULT_BACKOFF } from './reconnect-policy.ts';
import type { Backoff, StreamEnd } from './reconnect-policy.ts';
import type { Cursors } from './types.ts';

/** Where a client stands with its server. */
export type ConnectionState =
  | { readonly state: 'connecting' }
  | { readonly state: 'connected' }
  | { readonly state: 'waiting'; readonly retryInMs: number; readonly error: ParleyError | undefined }
  /** For good: with the error that ended it, or without one after `close`. */
  | { readonly state: 'closed'; readonly error: ParleyError | undefined };

export interface ChatSessionOptions extends Pick<
  ChatConnectionOptions,
  'endpoint' | 'token' | 'deviceName' | 'welcomeTimeoutMs' | 'clock' | 'onDrain'
> {
  readonly backoff?: Backoff;
  /** What to resume from, asked before each attempt. */
  readonly cursors: () => Cursors | undefined;
  readonly onUp: (connection: ChatConnection, welcome: Welcome) => void;
  readonly onDown: () => void;
  readonly onFrame: (frame: ServerFrame) => void;
  readonly onState: (state: ConnectionState) => void;
}

/** A stream that lasted so long was a good one: the next failure begins a new series. */
const STABLE_MS = 10_000;
/** How long `close` waits for the server to end its side. */
const END_TIMEOUT_MS = 1_000;

/** Keeps one Chat stream open, for as long as it makes sense to come back. */
export class ChatSession {
  readonly #options: ChatSessionOptions;
  readonly #closing = new AbortController();
  #connection: ChatConnection | undefined;
  #failures = 0;
  #run: Promise<void> | undefined;

  constructor(options: ChatSessionOptions) {
    this.#options = options;
  }

  /** Begins; from here on `onState` tells. */
  start(): void {
    this.#run ??= this.#keepConnected();
  }

  /** Holds back what the server sends, or lets it come again. */
  setPaused(isPaused: boolean): void {
    this.#connection?.setPaused(isPaused);
  }

  /** Ends the stream after what was written, and does not come back. */
  async close(): Promise<void> {
    if (!this.#closing.signal.aborted) {
      this.#closing.abort();
      const connection = this.#connection;
      connection?.end();
      const timer = this.#options.clock.after(END_TIMEOUT_MS, () => connection?.abort(clientClosed()));
      await this.#run;
      timer.cancel();
    }
    await this.#run;
  }

  async #keepConnected(): Promise<void> {
    const { clock, onState, backoff = DEFAULT_BACKOFF } = this.#options;
    const { signal } = this.#closing;
    while (!signal.aborted) {
      onState({ state: 'connecting' });
      const startedMs = clock.monotonic();
      const end = await this.#oneStream();
      if (signal.aborted) break;
      if (clock.monotonic() - startedMs >= STABLE_MS) this.#failures = 0;
      const decision = decide(end, this.#failures, Math.random(), backoff);
      this.#failures += 1;
      if (!decision.reconnect) {
        onState({ state: 'closed', error: decision.error });
        return;
      }
      onState({ state: 'waiting', retryInMs: decision.delayMs, error: end.error });
      await delay(clock, decision.delayMs, signal);
    }
    onState({ state: 'closed', error: undefined });
  }

  #oneStream(): Promise<StreamEnd> {
    const { onUp, onDown, onFrame, onState, cursors, ...options } = this.#options;
    return new Promise((resolve) => {
      const connection = new ChatConnection({
        ...options,
        cursors: cursors(),
        onFrame,
        onWelcome: (welcome) => {
          onUp(connection, welcome);
          onState({ state: 'connected' });
        },
        onEnd: (end) => {
          this.#connection = undefined;
          onDown();
          resolve(end);
        },
      });
      this.#connection = connection;
    });
  }
}
