import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';

import { connectRedis } from '../server/cluster/redis-connection.ts';
import { RedisRegistry } from '../server/cluster/redis-registry.ts';
import { parseRedisUrl } from '../server/cluster/redis-url.ts';
import type { Registry } from '../server/cluster/registry.ts';
import { Cluster } from '../test/cluster/cluster.ts';
import { missingPackages } from '../test/setup/packages.ts';
import { LiveRows } from './cluster/live-rows.ts';
import { HELP, readOptions, UsageError } from './cluster/read-options.ts';
import { replicaRows, type Sighting } from './cluster/replica-rows.ts';

/** Rows on a terminal are replaced; elsewhere they pile up. */
const LOOK_EVERY_MS = process.stdout.isTTY ? 1_000 : 5_000;
/** Short, so that what the registry knows of a replica is of the last second. */
const LEASE_MS = 3_000;

process.exitCode = await runCluster(process.argv.slice(2));

/** The exit code: 0 after a signal, 1 where it could not be started, 2 for a wrong command line. */
async function runCluster(args: readonly string[]): Promise<number> {
  try {
    const { help, ...options } = readOptions(args);
    if (help) {
      process.stdout.write(HELP);
      return 0;
    }
    const missing = await missingPackages(['mariadb-server', 'redis-server', 'nginx']);
    if (missing.length > 0) return complain(`please install these packages: ${missing.join(' ')}`, 1);
    const ended = firstSignal();
    process.stdout.write('starting MariaDB, Redis, the replicas and nginx …\n');
    await using cluster = await Cluster.start({ ...options, environment: { PARLEY_LEASE_MS: String(LEASE_MS) } });
    process.stdout.write(welcome(cluster, options.tls));
    await showReplicas(cluster, ended);
    process.stdout.write('stopping; the same signal again ends everything at once\n');
    return 0;
  } catch (error) {
    if (error instanceof UsageError) return complain(`${error.message}; --help lists the options`, 2);
    return complain(error instanceof Error ? error.message : String(error), 1);
  }
}

/** Aborted by the first signal; the second one ends the process, and with it all that it started. */
function firstSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(1);
      controller.abort();
    });
  }
  return controller.signal;
}

function welcome({ address, folder, front }: Cluster, tls: boolean): string {
  const port = address.slice(address.lastIndexOf(':') + 1);
  const parley = tls
    ? `npx parley --server localhost:${port} --ca ${front.certificate}`
    : `npx parley --server ${address}`;
  return `
  Parley listens on ${address}${tls ? ', with TLS' : ''}
  logs: ${folder.logs}

  Next, in other terminals:
    ${parley} register ann
    ${parley} --profile bob register bob
    ${parley} --profile bob chat ann

`;
}

async function showReplicas(cluster: Cluster, ended: AbortSignal): Promise<void> {
  const redis = connectRedis(parseRedisUrl(cluster.redis.url)!, { cluster: false, name: 'parley-cluster' });
  const registry = new RedisRegistry(redis);
  const rows = new LiveRows(process.stdout);
  let before: Sighting | undefined;
  await once(redis, 'ready', { signal: ended }).catch(() => undefined);
  while (!ended.aborted) {
    const now = await look(registry);
    rows.show(replicaRows(cluster.replicas, now, before));
    before = now;
    await pause(LOOK_EVERY_MS, undefined, { signal: ended }).catch(() => undefined);
  }
  redis.disconnect();
}

async function look(registry: Registry): Promise<Sighting> {
  const records = await registry.replicas().catch(() => undefined);
  const byName = records && new Map(records.map((record) => [record.replica, record]));
  return { atMs: performance.now(), records: byName };
}

function complain(message: string, exitCode: number): number {
  process.stderr.write(`cluster: ${message}\n`);
  return exitCode;
}
