import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Metadata, Server, ServerCredentials, status } from '@grpc/grpc-js';
import type { sendUnaryData, ServerDuplexStream, ServerUnaryCall } from '@grpc/grpc-js';
import { ErrorInfo } from '../../proto/gen/google/rpc/error_details.pb.ts';
import { Status } from '../../proto/gen/google/rpc/status.pb.ts';
import { Message } from '../../proto/gen/parley/v1/message.pb.ts';
import type { Welcome } from '../../proto/gen/parley/v1/chat.pb.ts';
import type { OutgoingMessage } from '../../proto/gen/parley/v1/chat.pb.ts';
import { ChatResponse, ChatServiceService } from '../../proto/gen/parley/v1/chat_service.pb.ts';
import type { ChatRequest } from '../../proto/gen/parley/v1/chat_service.pb.ts';
import { HistoryServiceService, ListMessagesResponse } from '../../proto/gen/parley/v1/history_service.pb.ts';
import type { ListMessagesRequest } from '../../proto/gen/parley/v1/history_service.pb.ts';

type ClientFrame = NonNullable<ChatRequest['frame']>;
type ClientCase = ClientFrame['$case'];
type FrameOf<Case extends ClientCase> = Extract<ClientFrame, { $case: Case }>;
type ServerFrame = Parameters<typeof ChatResponse.fromPartial>[0]['frame'];

/** A value per `push`, in order, for whoever asks with `next`. */
class Mailbox<Item> {
  readonly #items: Item[] = [];
  readonly #waiting: ((item: Item) => void)[] = [];

  push(item: Item): void {
    const wake = this.#waiting.shift();
    if (wake) wake(item);
    else this.#items.push(item);
  }

  next(): Promise<Item> {
    const item = this.#items.shift();
    return item === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(item);
  }
}

export function rpcStatus(code: keyof typeof status, reason: string): Status {
  const info = ErrorInfo.fromPartial({ reason: `ERROR_REASON_${reason}`, domain: 'parley.v1' });
  const value = Buffer.from(ErrorInfo.encode(info).finish());
  return {
    code: status[code],
    message: reason,
    details: [{ typeUrl: 'type.googleapis.com/google.rpc.ErrorInfo', value }],
  };
}

/** One Chat stream as the test's script plays it. */
export class ScriptedStream {
  readonly #call: ServerDuplexStream<ChatRequest, ChatResponse>;
  readonly #frames = new Mailbox<ClientFrame>();
  readonly ended: Promise<void>;
  readonly token: string;

  constructor(call: ServerDuplexStream<ChatRequest, ChatResponse>) {
    this.#call = call;
    this.token = String(call.metadata.get('authorization')[0]);
    call.on('data', ({ frame }: ChatRequest) => frame && this.#frames.push(frame));
    call.on('error', () => {});
    this.ended = new Promise((resolve) => {
      call.on('end', resolve);
      call.on('cancelled', () => resolve());
    });
    void this.ended.then(() => call.end());
  }

  /** The next frame, which must be of that kind. Pings and acks are passed over, unless asked for. */
  async next<Case extends ClientCase>(kind: Case): Promise<FrameOf<Case>['value']> {
    for (;;) {
      const frame = await this.#frames.next();
      if (frame.$case === kind) return frame.value as FrameOf<Case>['value'];
      if (frame.$case !== 'ping' && frame.$case !== 'ack') throw new Error(`${frame.$case} instead of ${kind}`);
    }
  }

  /** The sends of as many frames as it takes to get `count`. */
  async nextSends(count: number): Promise<OutgoingMessage[]> {
    const messages: OutgoingMessage[] = [];
    while (messages.length < count) messages.push(...(await this.next('send')).messages);
    return messages;
  }

  /** Waits for acks until a conversation's reaches `seq`. */
  async acked(conversationId: number, seq: number): Promise<void> {
    for (;;) {
      const { positions } = await this.next('ack');
      if (positions.some((at) => Number(at.conversationId) === conversationId && Number(at.seq) === seq)) return;
    }
  }

  send(frame: ServerFrame): void {
    this.#call.write(ChatResponse.fromPartial({ frame }));
  }

  async welcome(welcome: Parameters<typeof Welcome.fromPartial>[0] = {}): Promise<void> {
    await this.next('hello');
    this.send({ $case: 'welcome', value: { userId: 1, userName: 'ann', logEpoch: 'epoch-1', ...welcome } });
  }

  deliver(...entries: { conversationId?: number; seq: number; text?: string; clientMessageId?: string }[]): void {
    this.send({ $case: 'deliver', value: { messages: entries.map(textEntry) } });
  }

  receipt(clientMessageId: string, conversationId: number, seq: number): void {
    const outcome = { $case: 'receipt', value: { conversationId, seq } } as const;
    this.send({ $case: 'sendResults', value: { results: [{ clientMessageId, outcome }] } });
  }

  refuse(clientMessageId: string, code: keyof typeof status, reason: string): void {
    const outcome = { $case: 'error', value: rpcStatus(code, reason) } as const;
    this.send({ $case: 'sendResults', value: { results: [{ clientMessageId, outcome }] } });
  }

  fail(code: keyof typeof status, reason?: string): void {
    const metadata = new Metadata();
    if (reason !== undefined) {
      metadata.set('grpc-status-details-bin', Buffer.from(Status.encode(rpcStatus(code, reason)).finish()));
    }
    this.#call.emit('error', { code: status[code], details: reason ?? code, metadata });
  }
}

export function textEntry(entry: { conversationId?: number; seq: number; text?: string; clientMessageId?: string }) {
  const { conversationId = 7, seq, text = `text ${seq}`, clientMessageId = '' } = entry;
  return Message.fromPartial({
    conversationId,
    seq,
    senderId: 2,
    senderName: 'bob',
    clientMessageId,
    body: { $case: 'content', value: { text } },
  });
}

/** A server on a unix socket whose Chat streams are played by the test. */
export class ScriptedServer implements AsyncDisposable {
  readonly address: string;
  readonly #server: Server;
  readonly #folder: string;
  readonly #streams = new Mailbox<ScriptedStream>();
  /** Answers ListMessages. */
  listMessages: (request: ListMessagesRequest) => Parameters<typeof ListMessagesResponse.fromPartial>[0] = () => ({});

  static async start(): Promise<ScriptedServer> {
    const folder = await mkdtemp(join(tmpdir(), 'parley-sdk-'));
    const server = new Server();
    const scripted = new ScriptedServer(server, folder);
    await new Promise<void>((resolve, reject) =>
      server.bindAsync(scripted.address, ServerCredentials.createInsecure(), (error) =>
        error ? reject(error) : resolve(),
      ),
    );
    return scripted;
  }

  private constructor(server: Server, folder: string) {
    this.#server = server;
    this.#folder = folder;
    this.address = `unix:${join(folder, 's.sock')}`;
    server.addService(ChatServiceService, {
      chat: (call: ServerDuplexStream<ChatRequest, ChatResponse>) => this.#streams.push(new ScriptedStream(call)),
    });
    server.addService(HistoryServiceService, {
      listMessages: (
        call: ServerUnaryCall<ListMessagesRequest, ListMessagesResponse>,
        answer: sendUnaryData<ListMessagesResponse>,
      ) => answer(null, ListMessagesResponse.fromPartial(this.listMessages(call.request))),
    });
  }

  /** The next stream that a client opens. */
  nextStream(): Promise<ScriptedStream> {
    return this.#streams.next();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.forceShutdown();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
