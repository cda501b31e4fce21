import { promisify } from 'node:util';
import type { ServiceError } from '@grpc/grpc-js';
import { credentials, Server, ServerCredentials, status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { HealthCheckResponse, HealthListResponse } from '../../proto/gen/health/v1/health.pb.ts';
import {
  HealthCheckResponse_ServingStatus as ServingStatus,
  HealthClient,
} from '../../proto/gen/health/v1/health.pb.ts';
import { freePort } from '../../test/setup/free-port.ts';
import type { Clock } from '../lib/clock.ts';
import { BUS_HEALTH, DATABASE_HEALTH, Health } from './health.ts';

const { SERVING, NOT_SERVING, SERVICE_UNKNOWN } = ServingStatus;

/** Time that passes only in `advance`, which lets what a timer set off come to rest before the next one fires. */
class SteppedClock implements Clock {
  #now = 0;
  readonly #timers = new Set<{ readonly at: number; readonly action: () => void }>();

  now = () => this.#now;
  monotonic = () => this.#now;

  after(delayMs: number, action: () => void) {
    const timer = { at: this.#now + delayMs, action };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  get pending(): number {
    return this.#timers.size;
  }

  async advance(byMs: number): Promise<void> {
    const until = this.#now + byMs;
    for (let next = this.#nextUntil(until); next !== undefined; next = this.#nextUntil(until)) {
      this.#timers.delete(next);
      this.#now = next.at;
      next.action();
      await settled();
    }
    this.#now = until;
  }

  #nextUntil(until: number) {
    return [...this.#timers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
  }
}

/** All promises that could be fulfilled without an event from outside have been. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

let clock: SteppedClock;
let pings: number;
let ping: () => Promise<void>;
let health: Health;
let server: Server;
let client: HealthClient;

beforeEach(async () => {
  clock = new SteppedClock();
  pings = 0;
  ping = () => Promise.resolve();
  health = new Health({ clock, ping: () => (pings++, ping()) });
  server = new Server();
  health.addTo(server);
  const address = `127.0.0.1:${await freePort()}`;
  await promisify(server.bindAsync.bind(server))(address, ServerCredentials.createInsecure());
  client = new HealthClient(address, credentials.createInsecure());
});

afterEach(() => {
  health.close();
  client.close();
  server.forceShutdown();
});

async function check(service: string): Promise<ServingStatus> {
  const response = await new Promise<HealthCheckResponse>((resolve, reject) => {
    client.check({ service }, (error, answer) => (error ? reject(error) : resolve(answer)));
  });
  return response.status;
}

/** The statuses of one Watch, one at a time as they come. */
function watch(service: string) {
  const call = client.watch({ service });
  const responses: AsyncIterator<HealthCheckResponse> = call[Symbol.asyncIterator]();
  return {
    next: async () => ((await responses.next()).value as HealthCheckResponse).status,
    cancel: () => call.cancel(),
  };
}

describe.each(['', 'parley.v1.ChatService'])('service %j', (service) => {
  test('serves between start and drain only', async () => {
    await expect(check(service)).resolves.toBe(NOT_SERVING);
    health.serving();
    await expect(check(service)).resolves.toBe(SERVING);
    health.draining();
    await expect(check(service)).resolves.toBe(NOT_SERVING);
  });

  test('is watched until the server closes', async () => {
    const watched = watch(service);
    await expect(watched.next()).resolves.toBe(NOT_SERVING);
    health.serving();
    await expect(watched.next()).resolves.toBe(SERVING);
    health.draining();
    await expect(watched.next()).resolves.toBe(NOT_SERVING);
    health.close();
    await expect(watched.next()).rejects.toMatchObject({ code: status.UNAVAILABLE });
  });

  test('serves while the database does not answer', async () => {
    ping = () => Promise.reject(new Error('no connection'));
    health.serving();
    await settled();

    await expect(check(DATABASE_HEALTH)).resolves.toBe(NOT_SERVING);
    await expect(check(service)).resolves.toBe(SERVING);
  });
});

describe(BUS_HEALTH, () => {
  test('serves while the bus is up, which changes nothing for whoever routes', async () => {
    health.serving();
    health.busIs('up');
    const watched = watch(BUS_HEALTH);
    await expect(watched.next()).resolves.toBe(SERVING);
    health.busIs('degraded');
    await expect(watched.next()).resolves.toBe(NOT_SERVING);
    await expect(check('')).resolves.toBe(SERVING);
    expect(health.wantsCalls).toBe(true);
  });
});

describe(DATABASE_HEALTH, () => {
  test('is asked about at once and then every 5 s', async () => {
    health.serving();
    await settled();
    await expect(check(DATABASE_HEALTH)).resolves.toBe(SERVING);

    ping = () => Promise.reject(new Error('no connection'));
    await clock.advance(4_999);
    await expect(check(DATABASE_HEALTH)).resolves.toBe(SERVING);
    await clock.advance(1);
    await expect(check(DATABASE_HEALTH)).resolves.toBe(NOT_SERVING);

    ping = () => Promise.resolve();
    await clock.advance(5_000);
    await expect(check(DATABASE_HEALTH)).resolves.toBe(SERVING);
    expect(pings).toBe(3);
  });

  test('does not answer once a ping has hung for 2 s, and is asked again all the same', async () => {
    health.serving();
    await settled();
    ping = () => new Promise(() => {});
    await clock.advance(5_000 + 1_999);
    await expect(check(DATABASE_HEALTH)).resolves.toBe(SERVING);
    await clock.advance(1);
    await expect(check(DATABASE_HEALTH)).resolves.toBe(NOT_SERVING);

    ping = () => Promise.resolve();
    await clock.advance(5_000);
    await expect(check(DATABASE_HEALTH)).resolves.toBe(SERVING);
  });

  test('counts a ping that throws as no answer', async () => {
    ping = () => {
      throw new Error('not open');
    };
    health.serving();
    await settled();

    await expect(check(DATABASE_HEALTH)).resolves.toBe(NOT_SERVING);
  });

  test('goes on being told while draining, and no longer after close', async () => {
    health.serving();
    await settled();
    health.draining();
    await clock.advance(5_000);
    await expect(check(DATABASE_HEALTH)).resolves.toBe(SERVING);
    expect(pings).toBe(2);

    health.close();
    expect(clock.pending).toBe(0);
  });

  test('sets no timer after close, where a ping was under way', async () => {
    const answer = Promise.withResolvers<void>();
    ping = () => answer.promise;
    health.serving();
    health.close();
    answer.resolve();
    await settled();

    expect(clock.pending).toBe(0);
  });

  test('is watched: one message a change', async () => {
    const watched = watch(DATABASE_HEALTH);
    await expect(watched.next()).resolves.toBe(NOT_SERVING);
    health.serving();
    await expect(watched.next()).resolves.toBe(SERVING);
    await clock.advance(20_000);
    ping = () => Promise.reject(new Error('no connection'));
    await clock.advance(5_000);
    await expect(watched.next()).resolves.toBe(NOT_SERVING);
  });
});

describe('Health', () => {
  test('does not know other services: Check fails, Watch stays open', async () => {
    await expect(check('parley.v1.Nothing')).rejects.toMatchObject({
      code: status.NOT_FOUND,
    } satisfies Partial<ServiceError>);
    const watched = watch('parley.v1.Nothing');
    await expect(watched.next()).resolves.toBe(SERVICE_UNKNOWN);

    health.serving();
    health.close();
    await expect(watched.next()).rejects.toMatchObject({ code: status.UNAVAILABLE });
  });

  test('lists all services', async () => {
    health.serving();
    await settled();
    const { statuses } = await new Promise<HealthListResponse>((resolve, reject) => {
      client.list({}, (error, answer) => (error ? reject(error) : resolve(answer)));
    });

    expect(statuses).toEqual({
      '': { status: SERVING },
      'parley.v1.ChatService': { status: SERVING },
      [DATABASE_HEALTH]: { status: SERVING },
      [BUS_HEALTH]: { status: NOT_SERVING },
    });
  });

  test('is not held up in its shutdown by a watch that its client cancelled', async () => {
    const watched = watch('');
    await watched.next();
    watched.cancel();
    await expect(watched.next()).rejects.toMatchObject({ code: status.CANCELLED });

    await promisify(server.tryShutdown.bind(server))();
  });

  test('answers a watch after close, and ends it', async () => {
    health.close();
    const watched = watch('');

    await expect(watched.next()).resolves.toBe(NOT_SERVING);
    await expect(watched.next()).rejects.toMatchObject({ code: status.UNAVAILABLE });
  });
});
