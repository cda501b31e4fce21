import type { Clock, Timer } from '../lib/clock.ts';
import type { BalancerEvents } from '../telemetry/balancer-events.ts';
import { FrontKeeper } from './front-keeper.ts';
import type { Front } from './front.ts';
import type { Probe } from './probe.ts';
import type { Registry } from '../cluster/registry.ts';
import { resolveRecords } from './resolve-records.ts';
import { inService, type Standing, type Upstream, whyOut, withRecords, withVerdict } from './standings.ts';

export interface BalancerParts {
  readonly registry: Registry;
  readonly probe: Probe;
  /** IP:PORT for a record's HOST:PORT. @throws Error where it is of no use */
  readonly resolve: (address: string) => Promise<string>;
  readonly fronts: readonly Pick<Front, 'file' | 'show'>[];
  readonly clock: Clock;
  readonly events: BalancerEvents;
}

/**
 * Keeps what stands in front told of the replicas that can take new streams. The registry says who there is, and each is
 * asked for its health; neither waits for the other, so a dead replica goes while the registry hangs.
 */
export class Balancer implements AsyncDisposable {
  readonly #parts: BalancerParts;
  readonly #intervalMs: number;
  readonly #keeper: FrontKeeper;
  /** Those that are being asked at present. */
  readonly #probing = new Map<string, Promise<void>>();
  readonly #refused = new Set<string>();
  #reading: Promise<void> | undefined;
  #registryLost = false;
  #standings: Standing[] = [];
  #upstreams: readonly Upstream[] = [];
  #lastKept = false;
  #timer: Timer | undefined;
  #closed = false;

  constructor(parts: BalancerParts, intervalMs: number) {
    this.#parts = parts;
    this.#intervalMs = intervalMs;
    this.#keeper = new FrontKeeper(parts);
  }

  /** Begins, and goes on until it is disposed of. */
  start(): void {
    this.#parts.events.started(this.#parts.fronts.map(({ file }) => file));
    this.#tick();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await Promise.all([this.#reading, ...this.#probing.values(), this.#keeper[Symbol.asyncDispose]()]);
  }

  #tick(): void {
    this.#timer = this.#parts.clock.after(this.#intervalMs, () => this.#tick());
    this.#reading ??= this.#readRegistry().finally(() => (this.#reading = undefined));
    for (const { address } of this.#standings) this.#check(address);
    this.#keeper.show(this.#upstreams);
  }

  async #readRegistry(): Promise<void> {
    const { registry, resolve, clock, events } = this.#parts;
    try {
      const { usable, refused } = await resolveRecords(await registry.replicas(), resolve);
      for (const { record, cause } of refused) {
        if (!this.#refused.has(record.address)) events.recordRefused(record, cause);
      }
      this.#refused.clear();
      for (const { record } of refused) this.#refused.add(record.address);
      if (this.#registryLost) events.registryBack();
      this.#registryLost = false;
      this.#standings = withRecords(this.#standings, usable, clock.monotonic());
    } catch (error) {
      if (!this.#registryLost) events.registryLost(error);
      this.#registryLost = true;
      return;
    }
    for (const { address, verdict } of this.#standings) if (verdict === undefined) this.#check(address);
    this.#decide();
  }

  /** Asks a replica for its health, unless that is under way. */
  #check(address: string): void {
    if (this.#closed || this.#probing.has(address)) return;
    const { probe, clock } = this.#parts;
    const begunMs = clock.monotonic();
    const asked = probe(address).then((verdict) => {
      this.#probing.delete(address);
      this.#standings = withVerdict(this.#standings, address, verdict);
      this.#decide();
      // One that hangs has missed its turn: without another one at once it would take twice as long to be found out.
      const isLate = clock.monotonic() - begunMs >= this.#intervalMs;
      if (isLate && this.#standings.some((standing) => standing.address === address)) this.#check(address);
    });
    this.#probing.set(address, asked);
  }

  #decide(): void {
    // At first, until all have been asked once: else the first to answer would be sent everybody.
    const beginning = this.#upstreams.length === 0 && this.#standings.some(({ verdict }) => verdict === undefined);
    if (this.#closed || beginning) return;
    const before = this.#upstreams;
    this.#upstreams = inService(this.#standings, before);
    this.#tellChanges(before);
    if (!isSame(before, this.#upstreams)) this.#keeper.show(this.#upstreams);
  }

  #tellChanges(before: readonly Upstream[]): void {
    const { events } = this.#parts;
    const now = new Map(this.#upstreams.map((upstream) => [upstream.address, upstream]));
    const then = new Map(before.map((upstream) => [upstream.address, upstream]));
    for (const upstream of before) {
      if (now.has(upstream.address)) continue;
      events.takenOut(upstream, whyOut(this.#standings.find(({ address }) => address === upstream.address)));
    }
    for (const upstream of this.#upstreams) {
      const earlier = then.get(upstream.address);
      if (earlier === undefined) events.takenIn(upstream);
      else if (earlier.weight !== upstream.weight) events.weightChanged(upstream);
    }
    const kept = this.#upstreams.length > 0 && this.#upstreams === before;
    if (kept && !this.#lastKept) events.lastKept(before.length);
    this.#lastKept = kept;
  }
}

function isSame(before: readonly Upstream[], now: readonly Upstream[]): boolean {
  return (
    before.length === now.length &&
    now.every(({ address, weight }, i) => address === before[i]?.address && weight === before[i].weight)
  );
}
