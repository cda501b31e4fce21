import type { ServerWritableStream } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import type {
  HealthCheckRequest,
  HealthCheckResponse,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from '../../proto/gen/health/v1/health.pb.ts';

type WatchCall = ServerWritableStream<HealthCheckRequest, HealthCheckResponse>;

/** One open Watch. A peer that doesn't read holds one status at most: the newest, sent once there is room. */
export class HealthWatch {
  readonly #call: WatchCall;
  #newest: ServingStatus | undefined;
  #sent: ServingStatus | undefined;
  #waiting = false;

  constructor(call: WatchCall) {
    this.#call = call;
    call.on('drain', () => {
      this.#waiting = false;
      this.#write();
    });
  }

  /** The name of the service that is watched. */
  get service(): string {
    return this.#call.request.service;
  }

  /** Tells the peer, unless it knows already. */
  tell(servingStatus: ServingStatus): void {
    this.#newest = servingStatus;
    if (!this.#waiting) this.#write();
  }

  /** Ends the call with a status after which clients watch again, elsewhere. */
  end(): void {
    this.#call.emit('error', { code: status.UNAVAILABLE, details: 'the server is shutting down' });
  }

  #write(): void {
    if (this.#newest === undefined || this.#newest === this.#sent) return;
    this.#sent = this.#newest;
    this.#waiting = !this.#call.write({ status: this.#newest });
  }
}
