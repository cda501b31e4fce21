import { EventEmitter, once } from 'node:events';

import {
  type ChannelCredentials,
  type ClientDuplexStream,
  credentials,
  Metadata,
  type StatusObject,
} from '@grpc/grpc-js';

import type { OutgoingMessage, SendReceipt, SendResult } from '../../../proto/gen/parley/v1/chat.pb.ts';
import {
  type ChatRequest,
  type ChatResponse,
  ChatServiceClient,
} from '../../../proto/gen/parley/v1/chat_service.pb.ts';
import type { Message, Target } from '../../../proto/gen/parley/v1/message.pb.ts';
import { ping, type Kind, type RequestFrame, type ResponseFrame, send, textMessage, type ValueOf } from './frames.ts';
import { CallFailed, readStatus, readTrailers, type RichStatus } from './rich-status.ts';

const DEADLINE_MS = 8_000;

/** One connection each: a stream that reads nothing must not hold up another one. */
const OPTIONS = { 'grpc.use_local_subchannel_pool': 1 };

export function bearer(token: string | undefined): Metadata {
  const metadata = new Metadata();
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
  return metadata;
}

/**
 * One Chat stream by the generated stub, and nothing that is clever: frames are written as given, what comes is kept
 * in order until a test takes it. Whatever is awaited throws after 8 s.
 */
export class RawChat implements AsyncDisposable {
  /** How the stream ended. */
  readonly ended: Promise<RichStatus>;
  readonly #client: ChatServiceClient;
  readonly #stream: ClientDuplexStream<ChatRequest, ChatResponse>;
  readonly #frames: ResponseFrame[] = [];
  readonly #news = new EventEmitter();
  #status: RichStatus | undefined;
  #nonce = 1_000_000n;

  constructor(address: string, token?: string, channel: ChannelCredentials = credentials.createInsecure()) {
    this.#client = new ChatServiceClient(address, channel, OPTIONS);
    this.#stream = this.#client.chat(bearer(token));
    this.#stream.on('data', ({ frame }: ChatResponse) => {
      if (frame !== undefined) this.#frames.push(frame);
      this.#news.emit('news');
    });
    // The status tells as much.
    this.#stream.on('error', () => undefined);
    this.ended = new Promise((resolve) => {
      this.#stream.on('status', (status: StatusObject) => {
        setImmediate(() => {
          this.#status = readTrailers(status);
          this.#news.emit('news');
          resolve(this.#status);
        });
      });
    });
  }

  /** The kinds of the frames that came and were not taken yet. */
  get waiting(): Kind[] {
    return this.#frames.map(({ $case }) => $case);
  }

  send(...frames: (RequestFrame | undefined)[]): void {
    for (const frame of frames) this.#stream.write({ frame });
  }

  /** Takes the first frame, whatever it is. */
  async take(): Promise<ResponseFrame> {
    await this.#find();
    return this.#frames.shift()!;
  }

  /** Takes all frames that have come. */
  left(): ResponseFrame[] {
    return this.#frames.splice(0);
  }

  /** Takes the first frame of a kind. Those of other kinds stay. */
  async next<K extends Kind>(kind: K, withinMs = DEADLINE_MS): Promise<ValueOf<K>> {
    const index = await this.#find(kind, withinMs);
    const [frame] = this.#frames.splice(index, 1);
    return frame!.value as ValueOf<K>;
  }

  /** Takes all frames up to the first one of a kind, in the order in which they came. */
  async until(kind: Kind): Promise<ResponseFrame[]> {
    const index = await this.#find(kind);
    return this.#frames.splice(0, index + 1);
  }

  /** Takes frames of entries until there are `count`. */
  async entries(count: number): Promise<Message[]> {
    const entries: Message[] = [];
    while (entries.length < count) entries.push(...(await this.next('deliver')).messages);
    return entries;
  }

  /** Takes frames of results until there are `count`. */
  async results(count: number): Promise<SendResult[]> {
    const results: SendResult[] = [];
    while (results.length < count) results.push(...(await this.next('sendResults')).results);
    return results;
  }

  /** Sends one message and takes its result. */
  async post(message: OutgoingMessage): Promise<SendResult['outcome']> {
    this.send(send(message));
    const [result] = await this.results(1);
    if (result?.clientMessageId !== message.clientMessageId) {
      throw new Error(`the result of ${result?.clientMessageId} came instead of that of ${message.clientMessageId}`);
    }
    return result.outcome;
  }

  /** Sends one new text. @throws CallFailed where it was refused */
  async say(target: Target, text: string): Promise<SendReceipt> {
    const outcome = await this.post(textMessage(target, text));
    if (outcome?.$case === 'receipt') return outcome.value;
    throw outcome === undefined ? new Error('a result without an outcome') : new CallFailed(readStatus(outcome.value));
  }

  /** Resolves when the server has taken everything that was sent before. */
  async settled(): Promise<void> {
    const nonce = (this.#nonce += 1n);
    this.send(ping(nonce));
    while ((await this.next('pong')).nonce !== nonce);
  }

  /** Says no more, and takes the status. */
  finish(): Promise<RichStatus> {
    this.#stream.end();
    return this.status();
  }

  /** The status of a stream that is about to end. */
  async status(): Promise<RichStatus> {
    while (this.#status === undefined) await this.#changed('the end');
    return this.#status;
  }

  /** Stops reading: what the server sends fills the windows and its buffers. */
  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stream.resume();
    this.#stream.cancel();
    await this.ended;
    this.#client.close();
  }

  async #find(kind?: Kind, withinMs = DEADLINE_MS): Promise<number> {
    for (;;) {
      const index = this.#frames.findIndex(({ $case }) => kind === undefined || $case === kind);
      if (index !== -1) return index;
      if (this.#status !== undefined) {
        throw new Error(`no ${kind ?? 'frame'}: the stream ended with ${new CallFailed(this.#status).message}`);
      }
      await this.#changed(kind ?? 'frame', withinMs);
    }
  }

  async #changed(awaited: string, withinMs = DEADLINE_MS): Promise<void> {
    try {
      await once(this.#news, 'news', { signal: AbortSignal.timeout(withinMs) });
    } catch {
      throw new Error(`no ${awaited} within ${withinMs} ms; there is: ${this.waiting.join(', ') || 'nothing'}`);
    }
  }
}
