import { freePort } from '../setup/free-port.ts';
import { makeTempFolder } from '../setup/temp-folder.ts';
import { ServerProcess, type ServerProcessOptions } from './server-process.ts';

export interface ReplicaOptions extends ServerProcessOptions {
  /** As it is known in the registry and in logs. */
  readonly name: string;
  /** Its share of new streams, against the others' weights. */
  readonly weight: number;
}

/** One of a cluster's servers. */
export class Replica extends ServerProcess {
  readonly name: string;
  readonly weight: number;

  /** Chooses its address, and starts nothing yet. */
  static override async prepare(options: ReplicaOptions): Promise<Replica> {
    return new Replica(`127.0.0.1:${await freePort()}`, await makeTempFolder('replica'), options);
  }

  private constructor(address: string, folder: string, options: ReplicaOptions) {
    const { name, weight, environment } = options;
    super(address, folder, {
      ...options,
      environment: { ...environment, PARLEY_REPLICA: name, PARLEY_WEIGHT: String(weight) },
    });
    this.name = name;
    this.weight = weight;
  }
}
