import { afterAll, afterEach, beforeAll } from '@jest/globals';

import { Cluster, type ClusterOptions } from '../cluster/cluster.ts';
import type { TestServer } from '../cluster/start-server.ts';
import type { RawUser } from '../e2e/protocol/raw-user.ts';
import { Stage } from '../e2e/protocol/stage.ts';

const START_WITHIN_MS = 60_000;

/** A cluster, and a stage at each of its doors. */
export class ClusterStage {
  readonly cluster: Cluster;
  /** Through nginx. */
  readonly front: Stage;
  /** At each replica, past nginx: so it is certain who is where. */
  readonly replicas: readonly Stage[];

  constructor(cluster: Cluster) {
    this.cluster = cluster;
    this.front = stageAt(cluster.address);
    this.replicas = cluster.replicas.map(({ address }) => stageAt(address));
  }

  /** A new user on each of the replicas, the first on the first one. */
  async users<const Names extends readonly string[]>(...names: Names): Promise<{ [K in keyof Names]: RawUser }> {
    const users = await Promise.all(names.map((name, index) => this.replicas[index]!.user(name)));
    return users as { [K in keyof Names]: RawUser };
  }

  /** The same user with a session of its own, on another replica. */
  async device(user: RawUser, replica: number, deviceName: string): Promise<RawUser> {
    return this.replicas[replica]!.as(await user.logIn(deviceName));
  }

  async clear(): Promise<void> {
    await Promise.all([this.front, ...this.replicas].map((stage) => stage.clear()));
  }

  async close(): Promise<void> {
    await Promise.all([this.front, ...this.replicas].map((stage) => stage.close()));
    await this.cluster[Symbol.asyncDispose]();
  }
}

/** A cluster that the tests of one file share; streams end with their test. */
export function useCluster(options: ClusterOptions = {}): () => ClusterStage {
  let stage: ClusterStage | undefined;
  beforeAll(async () => {
    stage = new ClusterStage(await Cluster.start(options));
  }, START_WITHIN_MS);
  afterEach(() => stage?.clear());
  afterAll(() => stage?.close(), START_WITHIN_MS);
  return () => {
    if (stage === undefined) throw new Error('the cluster is there from the first beforeAll on');
    return stage;
  };
}

/** Closing the stage leaves its server alone. */
function stageAt(address: string): Stage {
  const stop = (): Promise<void> => Promise.resolve();
  const server: TestServer = { address, stop, [Symbol.asyncDispose]: stop };
  return new Stage(server);
}
