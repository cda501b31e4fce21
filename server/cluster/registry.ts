/** What a replica says of itself to the others and to what stands in front of them. */
export interface ReplicaRecord {
  /** PARLEY_REPLICA: the same after a restart. */
  readonly replica: string;
  /** Names one run of the replica. */
  readonly incarnation: string;
  /** HOST:PORT where others reach it. */
  readonly address: string;
  /** Its share of new streams, against the others' weights: 1 to 1000. */
  readonly weight: number;
  /** The version of the program. */
  readonly version: string;
  /** `draining`: it takes no new streams. */
  readonly state: 'serving' | 'draining';
  /** Chat streams that are open there. */
  readonly streams: number;
  /** Messages that it has acknowledged and delivered since it started. */
  readonly sent: number;
  readonly delivered: number;
}

/**
 * The replicas that are up: each announces itself under a lease and renews it; one that is killed is gone when its lease
 * has ended. Time is the registry's own, so replicas whose clocks differ agree.
 */
export interface Registry {
  /** Those whose lease lasts, by name. @throws RegistryUnavailable within 2 s where nobody can tell */
  replicas(): Promise<ReplicaRecord[]>;
}

/** The order in which replicas are listed: by name, then by incarnation. */
export function byName(a: ReplicaRecord, b: ReplicaRecord): number {
  if (a.replica !== b.replica) return a.replica < b.replica ? -1 : 1;
  return a.incarnation < b.incarnation ? -1 : 1;
}

/** It is not known who is up. It does not mean that nobody is. */
export class RegistryUnavailable extends Error {
  override readonly name: string = 'RegistryUnavailable';
}

/** Nor is it known from a registry in which this run itself is missing: it came back empty, or this run was paused. */
export class NotListed extends RegistryUnavailable {
  override readonly name = 'NotListed';

  constructor() {
    super('this run is not listed itself');
  }
}

/**
 * How a lease was when it was renewed: `kept`; `found`: it lasts, but the registry was out of reach meanwhile, and may
 * have lost what was written beside it last; `new`: the registry knew nothing of it, at the start or since it came back
 * empty; `ended`: it had ended, and nobody has acted on that; `expired`: it had ended, and others have shown the users
 * here as gone, or are about to.
 */
export type Renewal = 'kept' | 'found' | 'new' | 'ended' | 'expired';

/** This run's own place in the registry. */
export interface Lease extends AsyncDisposable {
  /**
   * Takes the lease, and renews it until it is disposed of. Returns after the first attempt, though nobody could be
   * reached: it goes on trying.
   */
  start(): Promise<void>;
  /** Announces that new streams are to go elsewhere. Never throws, and takes 2 s at most. */
  drain(): Promise<void>;
  /** Renews it at once, where it seems to be gone. */
  renewSoon(): void;
  /** How long this lease has lasted without a break, as far as is known here; 0 while the registry is out of reach. */
  heldForMs(): number;
  /** Told of each renewal. */
  onRenewed(renewed: (renewal: Renewal) => void): void;
  /** Gives the lease up: this run is no longer listed. The last that a replica does with the registry. */
  [Symbol.asyncDispose](): Promise<void>;
}
