import { type ClientDuplexStream, status as grpcStatus, type StatusObject } from '@grpc/grpc-js';
import type { Welcome } from '../../proto/gen/parley/v1/chat.pb.ts';
import { ChatServiceClient } from '../../proto/gen/parley/v1/chat_service.pb.ts';
import type { ChatRequest, ChatResponse } from '../../proto/gen/parley/v1/chat_service.pb.ts';
import { authorization, channelCredentials, channelOptions } from './channel.ts';
import type { Endpoint } from './channel.ts';
import type { Clock, Timer } from './clock.ts';
import { fromCall, ParleyError } from './errors.ts';
import { Heartbeat } from './heartbeat.ts';
import type { StreamEnd } from './reconnect-policy.ts';
import type { Cursors } from './types.ts';
import { durationMs, fromPosition } from './wire.ts';

export type ClientFrame = NonNullable<ChatRequest['frame']>;
export type ServerFrame = NonNullable<ChatResponse['frame']>;

export interface ChatConnectionOptions {
  readonly endpoint: Endpoint;
  readonly token: string;
  readonly deviceName: string;
  /** What the client has: sent with `hello`. Unset: the server's cursors decide. */
  readonly cursors: Cursors | undefined;
  /** The stream is given up if it is not welcomed within so long. */
  readonly welcomeTimeoutMs: number;
  readonly clock: Clock;
  readonly onWelcome: (welcome: Welcome) => void;
  /** Every later frame. What it throws ends the stream. */
  readonly onFrame: (frame: ServerFrame) => void;
  /** More may be written, after `write` returned false. */
  readonly onDrain: () => void;
  /** Called once, last. */
  readonly onEnd: (end: StreamEnd) => void;
}

const PROTOCOL_VERSION = 1;
const HELLO_POSITIONS = 1_000;
const MAX_HELLO_POSITIONS = 100_000;
const DEFAULT_HEARTBEAT_MS = 10_000;
const DEFAULT_HEARTBEAT_MISSES = 5;

/** One Chat stream, on a connection of its own: from `hello` to its end. */
export class ChatConnection {
  readonly #options: ChatConnectionOptions;
  readonly #service: ChatServiceClient;
  readonly #stream: ClientDuplexStream<ChatRequest, ChatResponse>;
  readonly #welcomeTimer: Timer;
  #heartbeat: Heartbeat | undefined;
  #goAway: StreamEnd['goAway'];
  /** Why this side ended the stream. */
  #ownError: ParleyError | undefined;
  #isPaused = false;
  #pings = 0n;

  constructor(options: ChatConnectionOptions) {
    this.#options = options;
    // A pool of its own: each attempt dials anew at once, and may reach another replica.
    const channel = { ...channelOptions(options.endpoint), 'grpc.use_local_subchannel_pool': 1 };
    this.#service = new ChatServiceClient(options.endpoint.address, channelCredentials(options.endpoint), channel);
    this.#stream = this.#service.chat(authorization(options.token));
    this.#stream.on('data', (response: ChatResponse) => this.#receive(response));
    this.#stream.on('drain', () => options.onDrain());
    this.#stream.on('status', (status: StatusObject) => this.#finish(status));
    // The status tells the same, and more.
    this.#stream.on('error', () => {});
    this.#welcomeTimer = options.clock.after(options.welcomeTimeoutMs, () =>
      this.abort(new ParleyError('DEADLINE_EXCEEDED', `no answer from ${options.endpoint.address} in time`)),
    );
    this.#sayHello();
  }

  /** Writes a frame. Returns whether more may follow at once. */
  write(frame: ClientFrame): boolean {
    if (this.#stream.writableEnded) return false;
    this.#heartbeat?.sent();
    return this.#stream.write({ frame });
  }

  /** Holds back what the server sends, or lets it come again. */
  setPaused(isPaused: boolean): void {
    if (isPaused === this.#isPaused) return;
    this.#isPaused = isPaused;
    this.#heartbeat?.setListening(!isPaused);
    if (isPaused) this.#stream.pause();
    else this.#stream.resume();
  }

  /** Ends the stream after what was written; the server answers with the end of its side. */
  end(): void {
    this.#heartbeat?.stop();
    this.setPaused(false);
    this.#stream.end();
  }

  /** Ends the stream now. */
  abort(error: ParleyError): void {
    this.#ownError ??= error;
    this.#stream.cancel();
    // What is held back would hold back the end, too.
    this.#stream.resume();
  }

  #sayHello(): void {
    const { deviceName, cursors } = this.#options;
    const hasCursors = cursors !== undefined;
    const logEpoch = cursors?.logEpoch ?? '';
    const versions = { protocolVersion: PROTOCOL_VERSION, minProtocolVersion: PROTOCOL_VERSION };
    this.write({ $case: 'hello', value: { ...versions, deviceName, hasCursors, logEpoch } });
    if (!cursors) return;
    // Where there are more, the server's own cursors say where to resume the others.
    const positions = cursors.positions.slice(-MAX_HELLO_POSITIONS).map(fromPosition);
    for (let from = 0; from < positions.length; from += HELLO_POSITIONS) {
      const value = { positions: positions.slice(from, from + HELLO_POSITIONS) };
      this.write({ $case: 'helloCursors', value });
    }
    this.write({ $case: 'helloDone', value: {} });
  }

  #receive({ frame }: ChatResponse): void {
    this.#heartbeat?.received();
    // A frame of a kind that this version does not know.
    if (!frame) return;
    try {
      if (frame.$case === 'welcome') this.#welcomed(frame.value);
      else if (frame.$case === 'goAway') this.#askedToGo(frame);
      else this.#options.onFrame(frame);
    } catch (error) {
      this.abort(new ParleyError('INTERNAL', `a frame can't be read: ${String(error)}`, { cause: error }));
    }
  }

  #welcomed(welcome: Welcome): void {
    this.#welcomeTimer.cancel();
    const intervalMs = durationMs(welcome.heartbeatInterval) || DEFAULT_HEARTBEAT_MS;
    const misses = welcome.heartbeatMisses || DEFAULT_HEARTBEAT_MISSES;
    this.#heartbeat ??= new Heartbeat({
      clock: this.#options.clock,
      intervalMs,
      misses,
      ping: () => this.write({ $case: 'ping', value: { nonce: (this.#pings += 1n) } }),
      onSilence: () =>
        this.abort(
          new ParleyError('DEADLINE_EXCEEDED', `the server was silent for ${(intervalMs * misses) / 1000} s`, {
            reason: 'HEARTBEAT_TIMEOUT',
          }),
        ),
    });
    this.#options.onWelcome(welcome);
  }

  #askedToGo(frame: Extract<ServerFrame, { $case: 'goAway' }>): void {
    const { reconnect, reconnectAfter } = frame.value;
    this.#goAway = { reconnect, reconnectAfterMs: durationMs(reconnectAfter) };
    this.#options.onFrame(frame);
  }

  /** The status may overtake frames that are still to be read. */
  #finish(status: StatusObject): void {
    if (this.#stream.readableEnded || this.#stream.destroyed) {
      this.#ended(status);
      return;
    }
    this.#stream.once('close', () => this.#ended(status));
    this.#stream.once('end', () => this.#stream.destroy());
    this.#stream.resume();
  }

  #ended(status: StatusObject): void {
    this.#welcomeTimer.cancel();
    this.#heartbeat?.stop();
    this.#service.close();
    const error = this.#ownError ?? (status.code === grpcStatus.OK ? undefined : fromCall(status));
    this.#options.onEnd({ error, ...(this.#goAway && { goAway: this.#goAway }) });
  }
}
