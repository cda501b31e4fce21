import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { Redis } from 'ioredis';

import { ServiceProcess } from '../cluster/service-process.ts';
import { freePort } from './free-port.ts';
import { makeTempFolder, removeTempFolder } from './temp-folder.ts';

const SLOTS = 16_384;
const LOOK_EVERY_MS = 50;
const FORMED_WITHIN_MS = 30_000;

/** A node of the cluster, which can be killed and started again with its slots. */
export interface ClusterNode {
  readonly process: ServiceProcess;
  readonly port: number;
  /** For commands to this node alone. */
  readonly redis: Redis;
  readonly id: string;
}

/** A Redis Cluster on 127.0.0.1: at first masters alone, each with an equal part of the slots. */
export class RedisCluster implements AsyncDisposable {
  readonly nodes: ClusterNode[];
  readonly #folder: string;

  private constructor(nodes: ClusterNode[], folder: string) {
    this.nodes = nodes;
    this.#folder = folder;
  }

  static async start(masters = 3): Promise<RedisCluster> {
    const folder = await makeTempFolder('redis-cluster');
    const nodes = await Promise.all(Array.from({ length: masters }, (_unused, n) => startNode(join(folder, `${n}`))));
    const cluster = new RedisCluster(nodes, folder);
    await cluster.#form();
    return cluster;
  }

  /** For PARLEY_REDIS_URL: all nodes. */
  get url(): string {
    return `redis://${this.nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`;
  }

  /** Resolves when every node says that the cluster serves. */
  async untilFormed(): Promise<void> {
    const deadline = performance.now() + FORMED_WITHIN_MS;
    for (;;) {
      const states = await Promise.all(this.nodes.map(({ redis }) => redis.cluster('INFO').catch(String)));
      const formed = states.every(
        (state) => state.includes('cluster_state:ok') && state.includes(`cluster_known_nodes:${this.nodes.length}`),
      );
      if (formed) return;
      if (performance.now() > deadline) throw new Error(`no Redis Cluster came about:\n${states.join('\n')}`);
      // No node tells when it has heard of the others.
      await delay(LOOK_EVERY_MS);
    }
  }

  /** Adds a replica of a master, which takes its place when it is lost. Returns when it has the master's data. */
  async addReplica(master: ClusterNode): Promise<ClusterNode> {
    const replica = await startNode(join(this.#folder, `${this.nodes.length}`));
    this.nodes.push(replica);
    await this.#meet(replica);
    await this.untilFormed();
    await replica.redis.cluster('REPLICATE', master.id);
    while (!(await replica.redis.info('replication')).includes('master_link_status:up')) await delay(LOOK_EVERY_MS);
    return replica;
  }

  /** Gives a slot without keys to another node. */
  async moveSlot(slot: number, from: ClusterNode, to: ClusterNode): Promise<void> {
    await to.redis.cluster('SETSLOT', slot, 'IMPORTING', from.id);
    await from.redis.cluster('SETSLOT', slot, 'MIGRATING', to.id);
    for (const { redis } of [to, from]) await redis.cluster('SETSLOT', slot, 'NODE', to.id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { redis } of this.nodes) redis.disconnect();
    await Promise.all(this.nodes.map(({ process }) => process.stop()));
    await removeTempFolder(this.#folder);
  }

  async #form(): Promise<void> {
    await Promise.all(
      this.nodes.map(async ({ redis }, n) => {
        const bound = (at: number) => Math.floor((SLOTS * at) / this.nodes.length);
        await redis.cluster('SET-CONFIG-EPOCH', n + 1);
        await redis.cluster('ADDSLOTSRANGE', bound(n), bound(n + 1) - 1);
      }),
    );
    for (const node of this.nodes.slice(1)) await this.#meet(node);
    await this.untilFormed();
  }

  async #meet({ redis, port }: ClusterNode): Promise<void> {
    const [, busPort] = await redis.config('GET', 'cluster-port');
    await this.nodes[0]!.redis.call('CLUSTER', 'MEET', '127.0.0.1', port, busPort!);
  }
}

async function startNode(folder: string): Promise<ClusterNode> {
  await mkdir(folder);
  const [port, busPort] = [await freePort(), await freePort()];
  const process = new ServiceProcess({
    command: 'redis-server',
    args: [
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no'],
      ...['--cluster-enabled', 'yes', '--cluster-port', String(busPort), '--cluster-node-timeout', '5000'],
    ],
    ready: /ready to accept connections/i,
  });
  await process.start();
  const redis = new Redis({ port, host: '127.0.0.1' });
  redis.on('error', () => undefined);
  return { process, port, redis, id: await redis.cluster('MYID') };
}
