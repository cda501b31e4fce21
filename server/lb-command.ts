import { type EventEmitter, once } from 'node:events';

import { connectRedis } from './cluster/redis-connection.ts';
import { RedisRegistry } from './cluster/redis-registry.ts';
import { parseRedisUrl } from './cluster/redis-url.ts';
import { type Registry, RegistryUnavailable } from './cluster/registry.ts';
import { resolveAddress } from './front/address.ts';
import { balanceOnce } from './front/balance-once.ts';
import { Balancer, type BalancerParts } from './front/balancer.ts';
import { renderEnvoyEndpoints } from './front/envoy-endpoints.ts';
import { Front } from './front/front.ts';
import { NginxRefuses } from './front/nginx-process.ts';
import { renderNginxUpstreams } from './front/nginx-upstreams.ts';
import { lbHelp, type LbOptions, readLbOptions, UsageError } from './lb-options.ts';
import { systemClock } from './lib/clock.ts';
import { probeHealth } from './rpc/health-probe.ts';
import { BalancerEvents } from './telemetry/balancer-events.ts';
import { createLog } from './telemetry/log.ts';

/** Timers alone don't keep this process; any longer one does. */
const LONG_MS = 1_000_000_000;
const CONNECT_MS = 2_000;

/** Runs `parley-lb` and gives the exit code: 0 done, 1 failed, 2 wrong usage. */
export async function runLbCommand(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(lbHelp());
    return 0;
  }
  try {
    const options = readLbOptions(args, environment);
    return await balance(options);
  } catch (error) {
    if (error instanceof UsageError) return complain(`${error.message}\ntry --help`, 2);
    if (isForTheOperator(error)) return complain(error.message, 1);
    throw error;
  }
}

async function balance(options: LbOptions): Promise<number> {
  const target = parseRedisUrl(options.redisUrl);
  if (target === undefined) throw new UsageError('--redis-url is wrong');
  const redis = connectRedis(target, { cluster: options.redisCluster, name: 'parley-lb' });
  try {
    await firstConnected(redis);
    const parts = balancerParts(options, new RedisRegistry(redis));
    await (options.once ? balanceOnce(parts) : balanceUntilTold(parts, options.intervalMs));
    return 0;
  } finally {
    redis.disconnect();
  }
}

/** Returns once it is connected, or can't be for the moment. */
async function firstConnected(redis: EventEmitter): Promise<void> {
  try {
    await once(redis, 'ready', { signal: AbortSignal.timeout(CONNECT_MS) });
  } catch {
    // Whoever asks it will tell.
  }
}

function balancerParts(options: LbOptions, registry: Registry): BalancerParts {
  const { nginxUpstreams, nginxPid, nginxConf, envoyEds } = options;
  const nginx = nginxPid === undefined ? undefined : { pidFile: nginxPid, conf: nginxConf };
  const fronts = [
    ...(nginxUpstreams === undefined
      ? []
      : [new Front({ file: nginxUpstreams, render: renderNginxUpstreams, ...(nginx && { nginx }) })]),
    ...(envoyEds === undefined ? [] : [new Front({ file: envoyEds, render: renderEnvoyEndpoints })]),
  ];
  const log = createLog({ level: options.logLevel, format: options.logFormat, replica: 'parley-lb' });
  const events = new BalancerEvents(log);
  return { registry, probe: probeHealth, resolve: resolveAddress, fronts, clock: systemClock, events };
}

async function balanceUntilTold(parts: BalancerParts, intervalMs: number): Promise<void> {
  const told = Promise.withResolvers<void>();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => told.resolve());
  const alive = setInterval(() => undefined, LONG_MS);
  await using balancer = new Balancer(parts, intervalMs);
  balancer.start();
  await told.promise;
  clearInterval(alive);
}

/** What is wrong around the program, not in it: its message is all there is to know. */
function isForTheOperator(error: unknown): error is Error {
  return (
    error instanceof RegistryUnavailable ||
    error instanceof NginxRefuses ||
    (error as NodeJS.ErrnoException).syscall !== undefined
  );
}

function complain(message: string, exitCode: number): number {
  process.stderr.write(`parley-lb: ${message.split('\n').join('\nparley-lb: ')}\n`);
  return exitCode;
}
