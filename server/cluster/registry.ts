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

/** It is not known who is up. It does not mean that nobody is. */
export class RegistryUnavailable extends Error {
  override readonly name = 'RegistryUnavailable';
}
