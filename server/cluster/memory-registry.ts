import type { Clock } from '../lib/clock.ts';
import type { Lease, Registry, Renewal, ReplicaRecord } from './registry.ts';

export interface MemoryRegistryOptions {
  readonly incarnation: string;
  /** What the replica says of itself, asked whenever somebody looks. */
  readonly describe: () => Omit<ReplicaRecord, 'incarnation' | 'state'>;
}

/** The registry of a replica that is alone: it knows itself only, and its lease never breaks. */
export class MemoryRegistry implements Registry, Lease {
  readonly #clock: Clock;
  readonly #options: MemoryRegistryOptions;
  #state: ReplicaRecord['state'] = 'serving';
  #renewed: (renewal: Renewal) => void = () => undefined;
  #heldSince: number | undefined;

  constructor(clock: Clock, options: MemoryRegistryOptions) {
    this.#clock = clock;
    this.#options = options;
  }

  async replicas(): Promise<ReplicaRecord[]> {
    if (this.#heldSince === undefined) return [];
    const { incarnation, describe } = this.#options;
    return [{ ...describe(), incarnation, state: this.#state }];
  }

  async start(): Promise<void> {
    this.#heldSince = this.#clock.monotonic();
    this.#renewed('new');
  }

  async drain(): Promise<void> {
    this.#state = 'draining';
  }

  renewSoon(): void {
    if (this.#heldSince !== undefined) this.#renewed('kept');
  }

  heldForMs(): number {
    return this.#heldSince === undefined ? 0 : this.#clock.monotonic() - this.#heldSince;
  }

  onRenewed(renewed: (renewal: Renewal) => void): void {
    this.#renewed = renewed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#heldSince = undefined;
  }
}
