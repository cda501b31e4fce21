import { isIP } from 'node:net';

import { Server, ServerCredentials } from '@grpc/grpc-js';

import type { Health } from './health.ts';
import { MAX_FRAME_BYTES } from './outbound-frames.ts';
import type { ServedService } from './reflection.ts';

export interface GrpcServerOptions {
  readonly services: readonly ServedService[];
  readonly health: Health;
  /** A connection is given up for new calls when it is about so old; 0: never. */
  readonly maxConnectionAgeMs: number;
}

/** Dead peers that no frame tells of (the application's heartbeat ends streams sooner). */
const KEEPALIVE_MS = 60_000;
const KEEPALIVE_TIMEOUT_MS = 20_000;

/** Calls of one connection at the same time; more wait in the client. */
const MAX_CONCURRENT_STREAMS = 200;
/** What HTTP/2 keeps for one connection, in MiB: frames of peers that don't read. */
const MAX_SESSION_MEMORY_MIB = 16;
/** A connection without a call. */
const MAX_IDLE_MS = 300_000;

/** What listens: the services on one address. */
export class GrpcServer {
  readonly #server: Server;
  readonly #health: Health;

  constructor({ services, health, maxConnectionAgeMs }: GrpcServerOptions) {
    this.#health = health;
    this.#server = new Server({
      'grpc.max_receive_message_length': MAX_FRAME_BYTES,
      'grpc.max_concurrent_streams': MAX_CONCURRENT_STREAMS,
      'grpc-node.max_session_memory': MAX_SESSION_MEMORY_MIB,
      'grpc.max_connection_idle_ms': MAX_IDLE_MS,
      // Calls that are under way go on to their own end, so there is no grace to run out.
      ...(maxConnectionAgeMs > 0 && { 'grpc.max_connection_age_ms': maxConnectionAgeMs }),
      'grpc.enable_channelz': 0,
      'grpc.keepalive_time_ms': KEEPALIVE_MS,
      'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
    });
    for (const { definition, implementation } of services) this.#server.addService(definition, implementation);
    health.addTo(this.#server);
  }

  /** Listens at `host:port` (port 0: any free one) and gives the address. @throws Error when it can't */
  async listen(address: string): Promise<string> {
    const port = await new Promise<number>((resolve, reject) => {
      this.#server.bindAsync(address, ServerCredentials.createInsecure(), (error, bound) => {
        if (error === null) resolve(bound);
        else reject(error);
      });
    });
    this.#health.serving();
    return `${hostOf(address)}:${port}`;
  }

  /** Ends what is still open within `graceMs`, then cuts off. */
  async close(graceMs: number): Promise<void> {
    this.#health.close();
    const closed = new Promise<void>((resolve) => this.#server.tryShutdown(() => resolve()));
    const timer = setTimeout(() => this.#server.forceShutdown(), graceMs);
    await closed;
    clearTimeout(timer);
  }
}

function hostOf(address: string): string {
  const host = address.slice(0, address.lastIndexOf(':'));
  const bare = host.replace(/^\[|\]$/g, '');
  return isIP(bare) === 6 ? `[${bare}]` : bare;
}
