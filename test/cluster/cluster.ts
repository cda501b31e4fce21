import { join } from 'node:path';

import { freePort } from '../setup/free-port.ts';
import { RestartableMariadb } from '../store/restartable-mariadb.ts';
import { type ClusterFolder, openClusterFolder } from './cluster-folder.ts';
import { Front } from './front.ts';
import { RedisProcess } from './redis-process.ts';
import { Replica } from './replica.ts';
import { settleAll } from './settle-all.ts';

export interface ClusterOptions {
  /** One replica each. Default: 2, 1, 1. */
  readonly weights?: readonly number[];
  /** Is made, and stays: another cluster in it goes on with the data of this one. Default: a temporary one. */
  readonly folder?: string | undefined;
  /** On 127.0.0.1. Default: a free one. */
  readonly port?: number | undefined;
  readonly tls?: boolean;
  /** PARLEY_* variables of every replica. */
  readonly environment?: Readonly<Record<string, string>>;
}

export const DEFAULT_WEIGHTS: readonly number[] = [2, 1, 1];

/** Longer than parley-lb takes to send new streams elsewhere: it looks once a second. */
const DRAIN_WAIT_MS = 2_000;

/**
 * MariaDB, Redis, replicas, and nginx with parley-lb in front of them, each a process of its own on this machine. All of
 * them end with this process at the latest.
 */
export class Cluster implements AsyncDisposable {
  /** HOST:PORT where clients come in. */
  readonly address: string;
  readonly folder: ClusterFolder;
  readonly mariadb: RestartableMariadb;
  readonly redis: RedisProcess;
  readonly front: Front;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #replicas: Replica[] = [];

  /** Takes some seconds. Where a process can't be started, those that were are ended. */
  static async start(options: ClusterOptions = {}): Promise<Cluster> {
    const { weights = DEFAULT_WEIGHTS, tls = false, environment = {} } = options;
    const folder = await openClusterFolder(options.folder);
    const port = options.port ?? (await freePort());
    const cluster = new Cluster(folder, { address: `127.0.0.1:${port}`, tls, environment });
    try {
      await cluster.#start(weights);
      return cluster;
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(
    folder: ClusterFolder,
    options: { address: string; tls: boolean; environment: Readonly<Record<string, string>> },
  ) {
    const { address, tls, environment } = options;
    this.folder = folder;
    this.address = address;
    this.mariadb = RestartableMariadb.in(folder.mariadb, join(folder.logs, 'mariadb.log'));
    this.redis = new RedisProcess(folder.redis, join(folder.logs, 'redis.log'));
    this.front = new Front({
      ...{ folder: folder.nginx, logFolder: folder.logs },
      ...{ address, tls, redisUrl: this.redis.url },
    });
    this.#environment = {
      PARLEY_DATABASE_URL: this.mariadb.url,
      PARLEY_REDIS_URL: this.redis.url,
      PARLEY_ATTACHMENTS: folder.attachments,
      // Under a lock: the first one does it.
      PARLEY_MIGRATE_AT_START: 'true',
      PARLEY_DRAIN_WAIT_MS: String(DRAIN_WAIT_MS),
      PARLEY_LOG_FORMAT: 'json',
      ...environment,
    };
  }

  /** In the order in which they were added. */
  get replicas(): readonly Replica[] {
    return this.#replicas;
  }

  /** Starts one more replica; it takes streams once parley-lb has found it. */
  async addReplica(weight: number): Promise<Replica> {
    const replica = await this.#prepareReplica(weight);
    await replica.start();
    return replica;
  }

  /** Sends streams away in order, then ends everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.front.balancer.stop();
    await settleAll(this.#replicas.map((replica) => replica[Symbol.asyncDispose]()));
    await this.front.nginx.stop();
    await this.redis.stop();
    await this.mariadb[Symbol.asyncDispose]();
    await this.folder.remove();
  }

  async #start(weights: readonly number[]): Promise<void> {
    await settleAll([this.mariadb.start(), this.redis.start()]);
    const replicas: Replica[] = [];
    for (const weight of weights) replicas.push(await this.#prepareReplica(weight));
    await settleAll(replicas.map((replica) => replica.start()));
    await this.front.start(replicas.map(({ address }) => address));
  }

  async #prepareReplica(weight: number): Promise<Replica> {
    const name = `replica-${this.#replicas.length + 1}`;
    const logFile = join(this.folder.logs, `${name}.log`);
    const replica = await Replica.prepare({ name, weight, logFile, environment: this.#environment });
    this.#replicas.push(replica);
    return replica;
  }
}
