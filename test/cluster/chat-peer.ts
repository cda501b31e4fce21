import { type ClientDuplexStream, credentials, Metadata, type StatusObject } from '@grpc/grpc-js';

import { AuthServiceClient } from '../../proto/gen/parley/v1/auth_service.pb.ts';
import { type ChatRequest, type ChatResponse, ChatServiceClient } from '../../proto/gen/parley/v1/chat_service.pb.ts';

const PASSWORD = 'correct horse';

/** Otherwise all clients of a process share one connection, and the proxy's limit of streams on it. */
const OWN_CONNECTION = { 'grpc.use_local_subchannel_pool': 1 };

/** A user with a token. */
export interface Login {
  readonly userId: number;
  readonly token: string;
}

/** Registers a user and logs them in. */
export async function signUp(address: string, name: string): Promise<Login> {
  const auth = new AuthServiceClient(address, credentials.createInsecure());
  try {
    await call((done) => auth.register({ name, password: PASSWORD }, done));
    const { token, account } = await call<{ token: string; account: { id: bigint } | undefined }>((done) =>
      auth.login({ user: { $case: 'name', value: name }, password: PASSWORD, deviceName: '' }, done),
    );
    return { userId: Number(account?.id), token };
  } finally {
    auth.close();
  }
}

/** One unary call as a promise. */
export function call<T>(start: (done: (error: Error | null, response: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, response) => (error === null ? resolve(response) : reject(error)));
  });
}

export function bearer(token: string): Metadata {
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${token}`);
  return metadata;
}

/** One Chat stream over a connection of its own, until it ends for whatever reason. */
export class ChatPeer {
  /** Resolves when the stream is over, with how it ended. */
  readonly ended: Promise<StatusObject>;
  readonly #client: ChatServiceClient;
  readonly #stream: ClientDuplexStream<ChatRequest, ChatResponse>;

  constructor(address: string, token: string, onFrame: (frame: NonNullable<ChatResponse['frame']>) => void) {
    this.#client = new ChatServiceClient(address, credentials.createInsecure(), OWN_CONNECTION);
    this.#stream = this.#client.chat(bearer(token));
    // The status tells as much.
    this.#stream.on('error', () => undefined);
    this.ended = new Promise((resolve) => this.#stream.once('status', resolve));
    void this.ended.then(() => this.#client.close());
    this.#stream.on('data', ({ frame }: ChatResponse) => {
      if (frame !== undefined) onFrame(frame);
    });
    this.send({
      $case: 'hello',
      value: { protocolVersion: 1, minProtocolVersion: 0, deviceName: '', hasCursors: false, logEpoch: '' },
    });
  }

  send(frame: NonNullable<ChatRequest['frame']>): void {
    if (this.#stream.writable) this.#stream.write({ frame });
  }

  /** Says no more: the server ends the stream when everything is answered. */
  end(): void {
    this.#stream.end();
  }

  close(): void {
    this.#stream.cancel();
  }
}
