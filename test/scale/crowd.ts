import { once } from 'node:events';

import { type ClientDuplexStream, credentials } from '@grpc/grpc-js';

import { type ChatRequest, type ChatResponse, ChatServiceClient } from '../../proto/gen/parley/v1/chat_service.pb.ts';
import type { Message } from '../../proto/gen/parley/v1/message.pb.ts';
import { bearer } from '../cluster/chat-peer.ts';

/** Below what a server allows on one connection. */
const STREAMS_PER_CONNECTION = 100;
const OWN_CONNECTION = { 'grpc.use_local_subchannel_pool': 1 };

type Stream = ClientDuplexStream<ChatRequest, ChatResponse>;

/** One Chat stream of many: what it was given since it has caught up. */
export interface CrowdMember {
  readonly received: readonly Message[];
  /** Resolves when so many entries have come. */
  has(count: number): Promise<void>;
  /** Resolves when the server has written everything that it had for this stream before. */
  settled(): Promise<void>;
}

/** Many users online at once, on few connections. */
export class Crowd implements AsyncDisposable {
  readonly members: readonly CrowdMember[];
  readonly #clients: readonly ChatServiceClient[];
  readonly #streams: readonly Stream[];

  /** Opens a stream for each token; resolves when all have caught up. */
  static async gather(address: string, tokens: readonly string[]): Promise<Crowd> {
    const connections = Math.ceil(tokens.length / STREAMS_PER_CONNECTION);
    const clients = Array.from(
      { length: connections },
      () => new ChatServiceClient(address, credentials.createInsecure(), OWN_CONNECTION),
    );
    const streams = tokens.map((token, index) => clients[index % connections]!.chat(bearer(token)));
    const joined = streams.map((stream) => join(stream));
    try {
      return new Crowd(clients, streams, await Promise.all(joined));
    } catch (error) {
      leave(clients, streams);
      throw error;
    }
  }

  private constructor(
    clients: readonly ChatServiceClient[],
    streams: readonly Stream[],
    members: readonly CrowdMember[],
  ) {
    this.#clients = clients;
    this.#streams = streams;
    this.members = members;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const over = this.#streams.map((stream) => new Promise((resolve) => stream.once('status', resolve)));
    leave(this.#clients, this.#streams);
    await Promise.all(over);
  }
}

function leave(clients: readonly ChatServiceClient[], streams: readonly Stream[]): void {
  for (const stream of streams) stream.cancel();
  for (const client of clients) client.close();
}

async function join(stream: Stream): Promise<CrowdMember> {
  const received: Message[] = [];
  const caughtUp = Promise.withResolvers<void>();
  let pong = Promise.withResolvers<void>();
  // Whoever waits is told; the stream's end is no news to anybody else.
  stream.on('error', (error) => {
    for (const awaited of [caughtUp, pong]) {
      awaited.promise.catch(() => undefined);
      awaited.reject(error);
    }
  });
  stream.on('data', ({ frame }: ChatResponse) => {
    if (frame?.$case === 'deliver') received.push(...frame.value.messages);
    if (frame?.$case === 'caughtUp') caughtUp.resolve();
    if (frame?.$case === 'pong' && frame.value.nonce !== 0n) pong.resolve();
  });
  const hello = { protocolVersion: 1, minProtocolVersion: 1, deviceName: '', hasCursors: false, logEpoch: '' };
  stream.write({ frame: { $case: 'hello', value: hello } });
  await caughtUp.promise;
  received.length = 0;
  return {
    received,
    async has(count) {
      while (received.length < count) await once(stream, 'data');
    },
    async settled() {
      pong = Promise.withResolvers();
      stream.write({ frame: { $case: 'ping', value: { nonce: 1n } } });
      await pong.promise;
    },
  };
}
