import { type ChannelCredentials, Client, credentials, Metadata, type StatusObject } from '@grpc/grpc-js';

const DEADLINE_MS = 8_000;

export interface EmptyCallOptions {
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly channel?: ChannelCredentials;
}

/** Calls an rpc with an empty message over a connection of its own; gives the status. */
export function callEmpty(address: string, options: EmptyCallOptions = {}): Promise<StatusObject> {
  const { path = '/parley.v1.AuthService/GetAccount', headers = {}, channel = credentials.createInsecure() } = options;
  const client = new Client(address, channel, { 'grpc.use_local_subchannel_pool': 1 });
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  const nothing = () => Buffer.alloc(0);
  return new Promise<StatusObject>((resolve) => {
    const call = client.makeUnaryRequest(
      path,
      nothing,
      nothing,
      {},
      metadata,
      { deadline: Date.now() + DEADLINE_MS },
      () => undefined,
    );
    call.on('status', resolve);
  }).finally(() => client.close());
}
