import type { sendUnaryData, Server, ServerUnaryCall, ServerWritableStream } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import type {
  HealthCheckRequest,
  HealthCheckResponse,
  HealthListRequest,
  HealthListResponse,
} from '../../proto/gen/health/v1/health.pb.ts';
import {
  HealthCheckResponse_ServingStatus as ServingStatus,
  HealthService,
} from '../../proto/gen/health/v1/health.pb.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import { HealthWatch } from './health-watch.ts';

/** What routing asks for: the whole server, and the service whose streams are worth moving. */
const ROUTED = ['', 'parley.v1.ChatService'] as const;

/**
 * What operators ask for: whether the database answers this replica. It has a name of its own because an outage must
 * not take all replicas out of routing at once: they recover by themselves, and clients keep what they have to send.
 */
export const DATABASE_HEALTH = 'parley.database';

/** Whether other replicas are told, and tell this one, at once. Without that they are slower, and as right. */
export const BUS_HEALTH = 'parley.bus';

export interface HealthOptions {
  readonly clock: Clock;
  /**
   * Asks the database for anything. Fails, or takes longer than `pingTimeoutMs`, if the database doesn't answer. It
   * is called again while an earlier call hangs, so it must have a deadline of its own.
   */
  readonly ping: () => Promise<void>;
  /** From the end of one ping to the next. Default: 5,000. */
  readonly pingIntervalMs?: number;
  /** Default: 2,000. */
  readonly pingTimeoutMs?: number;
}

/**
 * `grpc.health.v1.Health`. Services: `''` and `parley.v1.ChatService` are NOT_SERVING while the server starts and
 * drains only; `parley.database` is SERVING while the database answers, `parley.bus` while the bus is up. Check of
 * another service: NOT_FOUND.
 */
export class Health {
  readonly #statuses = new Map<string, ServingStatus>();
  readonly #watches = new Set<HealthWatch>();
  readonly #options: Required<HealthOptions>;
  #nextPing: Timer | undefined;
  #pinging = false;
  #closed = false;

  constructor(options: HealthOptions) {
    this.#options = { pingIntervalMs: 5_000, pingTimeoutMs: 2_000, ...options };
    for (const service of [...ROUTED, DATABASE_HEALTH, BUS_HEALTH])
      this.#statuses.set(service, ServingStatus.NOT_SERVING);
  }

  addTo(server: Server): void {
    server.addService(HealthService, {
      check: this.#check.bind(this),
      watch: this.#watch.bind(this),
      list: this.#list.bind(this),
    });
  }

  /** The server has started: it wants calls. The database is pinged from now on. */
  serving(): void {
    for (const service of ROUTED) this.#set(service, ServingStatus.SERVING);
    if (this.#pinging) return;
    this.#pinging = true;
    void this.#pingOnce();
  }

  /** The server wants no new calls: balancers stop sending them. Watches stay open, so that they hear it. */
  draining(): void {
    for (const service of ROUTED) this.#set(service, ServingStatus.NOT_SERVING);
  }

  /** Whether the server wants calls. */
  get wantsCalls(): boolean {
    return this.#statuses.get('') === ServingStatus.SERVING;
  }

  busIs(state: 'up' | 'degraded'): void {
    this.#set(BUS_HEALTH, state === 'up' ? ServingStatus.SERVING : ServingStatus.NOT_SERVING);
  }

  /** Stops pinging and ends every Watch, which would otherwise hold up the server's shutdown. */
  close(): void {
    this.#closed = true;
    this.#nextPing?.cancel();
    for (const watch of this.#watches) watch.end();
    this.#watches.clear();
  }

  #check(
    call: ServerUnaryCall<HealthCheckRequest, HealthCheckResponse>,
    done: sendUnaryData<HealthCheckResponse>,
  ): void {
    const { service } = call.request;
    const servingStatus = this.#statuses.get(service);
    if (servingStatus === undefined) done({ code: status.NOT_FOUND, details: 'unknown service' });
    else done(null, { status: servingStatus });
  }

  #watch(call: ServerWritableStream<HealthCheckRequest, HealthCheckResponse>): void {
    const watch = new HealthWatch(call);
    watch.tell(this.#statuses.get(watch.service) ?? ServingStatus.SERVICE_UNKNOWN);
    if (this.#closed) {
      watch.end();
      return;
    }
    this.#watches.add(watch);
    call.once('cancelled', () => this.#watches.delete(watch));
  }

  #list(_call: ServerUnaryCall<HealthListRequest, HealthListResponse>, done: sendUnaryData<HealthListResponse>): void {
    const statuses: Record<string, HealthCheckResponse> = {};
    for (const [service, servingStatus] of this.#statuses) statuses[service] = { status: servingStatus };
    done(null, { statuses });
  }

  #set(service: string, servingStatus: ServingStatus): void {
    this.#statuses.set(service, servingStatus);
    for (const watch of this.#watches) if (watch.service === service) watch.tell(servingStatus);
  }

  async #pingOnce(): Promise<void> {
    const answers = await this.#databaseAnswers();
    if (this.#closed) return;
    this.#set(DATABASE_HEALTH, answers ? ServingStatus.SERVING : ServingStatus.NOT_SERVING);
    this.#nextPing = this.#options.clock.after(this.#options.pingIntervalMs, () => void this.#pingOnce());
  }

  async #databaseAnswers(): Promise<boolean> {
    const { clock, ping, pingTimeoutMs } = this.#options;
    const timedOut = Promise.withResolvers<boolean>();
    const timer = clock.after(pingTimeoutMs, () => timedOut.resolve(false));
    const answered = (async () => ping())().then(
      () => true,
      () => false,
    );
    const answers = await Promise.race([answered, timedOut.promise]);
    timer.cancel();
    return answers;
  }
}
