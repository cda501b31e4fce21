import type { Clock, Timer } from '../lib/clock.ts';
import type { Events } from '../telemetry/events.ts';
import { asked, LEAVING, PREAMBLE, type RedisClient, REPLICAS, RETENTION_MS, usersKey } from './redis-keys.ts';
import type { Lease, Renewal, ReplicaRecord } from './registry.ts';

/** In its length a lease is renewed so often. */
const RENEWALS_PER_LEASE = 3;
const RETRY_AFTER_MS = 500;
/** A connection that has just been asked for has so long to be there. */
const CONNECT_WITHIN_MS = 1_000;
/** Who comes back on another replica within it was never gone: so long the users of a given-up lease are left alone. */
const FAREWELL_MS = 2_000;

/** KEYS: replicas, users. ARGV: incarnation, length of the lease, record, retention. */
const RENEW = `${PREAMBLE}
local renewal = 'new'
local before = redis.call('HGET', KEYS[1], ARGV[1])
if before then
  local deadline, state = parse(before)
  if state == 'expiring' or state == 'expired' then renewal = 'expired'
  elseif deadline > now then renewal = 'kept'
  else renewal = 'ended' end
end
if renewal == 'new' then
  local all = redis.call('HGETALL', KEYS[1])
  for i = 1, #all, 2 do
    if parse(all[i + 1]) < now - ARGV[4] then redis.call('HDEL', KEYS[1], all[i]) end
  end
end
redis.call('HSET', KEYS[1], ARGV[1], format(now + ARGV[2], ARGV[3]))
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('PEXPIRE', KEYS[2], ARGV[4])
return renewal
`;

/** KEYS: replicas. ARGV: incarnation, how long its users are left alone, state. */
const GIVE_UP = `${PREAMBLE}
redis.call('HSET', KEYS[1], ARGV[1], format(now + ARGV[2], ARGV[3]))
`;

export interface RedisLeaseParts {
  readonly redis: RedisClient;
  readonly clock: Clock;
  readonly events: Events;
  /** What the replica says of itself, asked at each renewal. */
  readonly describe: () => Omit<ReplicaRecord, 'incarnation' | 'state'>;
}

export interface RedisLeaseOptions {
  readonly incarnation: string;
  readonly leaseMs: number;
}

/** A lease in Redis. It ends by Redis' clock; while Redis is away it does not end, for nobody can tell. */
export class RedisLease implements Lease {
  readonly #parts: RedisLeaseParts;
  readonly #options: RedisLeaseOptions;
  #renewed: (renewal: Renewal) => void = () => undefined;
  #state: ReplicaRecord['state'] = 'serving';
  /** Since when nothing has broken it, in monotonic milliseconds. */
  #heldSince: number | undefined;
  #lostAt: number | undefined;
  #renewing: Promise<void> | undefined;
  /** Asked to renew it while that was under way. */
  #again = false;
  #timer: Timer | undefined;
  #started = false;
  #closed = false;
  readonly #onReady = () => this.renewSoon();
  readonly #onBreak = () => (this.#heldSince = undefined);

  constructor(parts: RedisLeaseParts, options: RedisLeaseOptions) {
    this.#parts = parts;
    this.#options = options;
  }

  async start(): Promise<void> {
    const { redis } = this.#parts;
    this.#started = true;
    redis.on('ready', this.#onReady);
    // The Redis that a connection comes back to may be another one, or an empty one.
    for (const event of ['close', '+node', '-node']) redis.on(event, this.#onBreak);
    if (redis.status !== 'ready') await this.#ready();
    await this.#renew();
  }

  async drain(): Promise<void> {
    this.#state = 'draining';
    await this.#renewing;
    await this.#renew();
  }

  renewSoon(): void {
    if (this.#renewing === undefined) void this.#renew();
    else this.#again = true;
  }

  heldForMs(): number {
    return this.#heldSince === undefined ? 0 : this.#parts.clock.monotonic() - this.#heldSince;
  }

  onRenewed(renewed: (renewal: Renewal) => void): void {
    this.#renewed = renewed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (!this.#started) return;
    this.#timer?.cancel();
    await this.#renewing;
    const { redis, events } = this.#parts;
    redis.off('ready', this.#onReady);
    for (const event of ['close', '+node', '-node']) redis.off(event, this.#onBreak);
    try {
      const { incarnation } = this.#options;
      await redis.eval(GIVE_UP, 1, REPLICAS, incarnation, FAREWELL_MS, LEAVING + JSON.stringify(this.#record()));
    } catch (cause) {
      // Then it ends by itself.
      events.leaseNotGivenUp(cause);
    }
  }

  /** Returns when the connection is there, or has not come for a while. */
  async #ready(): Promise<void> {
    const { redis, clock } = this.#parts;
    await new Promise<void>((resolve) => {
      const overdue = clock.after(CONNECT_WITHIN_MS, resolve);
      redis.once('ready', () => {
        overdue.cancel();
        resolve();
      });
    });
  }

  #renew(): Promise<void> {
    if (!this.#started || this.#closed) return Promise.resolve();
    this.#timer?.cancel();
    return (this.#renewing ??= this.#renewOnce().then((delayMs) => {
      this.#renewing = undefined;
      if (this.#closed) return;
      this.#timer = this.#parts.clock.after(this.#again ? 0 : delayMs, () => void this.#renew());
      this.#again = false;
    }));
  }

  /** How long until the next time. */
  async #renewOnce(): Promise<number> {
    const { redis, clock, events } = this.#parts;
    const { incarnation, leaseMs } = this.#options;
    const keys = [REPLICAS, usersKey(incarnation)] as const;
    const everyMs = leaseMs / RENEWALS_PER_LEASE;
    let renewal: Renewal;
    try {
      const asJson = JSON.stringify(this.#record());
      renewal = (await asked(redis.eval(RENEW, 2, ...keys, incarnation, leaseMs, asJson, RETENTION_MS))) as Renewal;
    } catch (cause) {
      if (this.#lostAt === undefined && !this.#closed) events.registryLost(cause);
      this.#lostAt ??= clock.monotonic();
      this.#heldSince = undefined;
      return Math.min(RETRY_AFTER_MS, everyMs);
    }
    if (this.#lostAt !== undefined) events.registryBack(clock.monotonic() - this.#lostAt);
    else if (renewal !== 'kept' && this.#heldSince !== undefined) events.leaseTakenAnew(renewal);
    this.#lostAt = undefined;
    const lasted = this.#heldSince !== undefined;
    if (renewal !== 'kept') this.#heldSince = undefined;
    this.#heldSince ??= clock.monotonic();
    this.#renewed(renewal === 'kept' && !lasted ? 'found' : renewal);
    return everyMs;
  }

  #record(): ReplicaRecord {
    return { ...this.#parts.describe(), incarnation: this.#options.incarnation, state: this.#state };
  }
}
