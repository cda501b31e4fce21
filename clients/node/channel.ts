import { credentials as grpcCredentials, Metadata } from '@grpc/grpc-js';
import type { ChannelCredentials, ClientOptions } from '@grpc/grpc-js';

/** TLS settings; `true` trusts the certificate authorities of Node. */
export interface TlsOptions {
  /** PEM of the certificate authorities to trust instead of Node's. */
  readonly rootCertificates?: Buffer;
  /** PEM of the client's own key and certificate, where the server wants one. */
  readonly privateKey?: Buffer;
  readonly certificateChain?: Buffer;
  /** The name to expect in the server's certificate, where it differs from the address. */
  readonly serverName?: string;
}

/** Where the server is. */
export interface Endpoint {
  /** `host:port`, or another gRPC target such as `unix:/run/parley.sock`. */
  readonly address: string;
  /** Default: clear text. */
  readonly tls?: boolean | TlsOptions;
}

/** Above the largest frame of the contract (1 MiB) and the largest page of ListMessages, with room to grow. */
const MAX_RECEIVE_BYTES = 8 * 1024 * 1024;

export function channelCredentials({ tls }: Endpoint): ChannelCredentials {
  if (!tls) return grpcCredentials.createInsecure();
  if (tls === true) return grpcCredentials.createSsl();
  return grpcCredentials.createSsl(tls.rootCertificates, tls.privateKey, tls.certificateChain);
}

export function channelOptions({ tls }: Endpoint): ClientOptions {
  const serverName = typeof tls === 'object' ? tls.serverName : undefined;
  return {
    'grpc.keepalive_time_ms': 20_000,
    'grpc.keepalive_timeout_ms': 10_000,
    'grpc.max_receive_message_length': MAX_RECEIVE_BYTES,
    'grpc.enable_channelz': 0,
    // A call that finds the server away fails at once; the next one shall soon find it back.
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 2_000,
    'grpc.primary_user_agent': 'parley-node',
    ...(serverName !== undefined && { 'grpc.ssl_target_name_override': serverName }),
  };
}

export function authorization(token: string | undefined): Metadata {
  const metadata = new Metadata();
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
  return metadata;
}
