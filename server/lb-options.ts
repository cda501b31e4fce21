import { parseArgs } from 'node:util';

import { z } from 'zod';

import { parseRedisUrl } from './cluster/redis-url.ts';

/** An option: its flag, the variable that may set it instead, what it does, and how its text is read. */
interface Option<T extends z.ZodType> {
  readonly flag: string;
  /** What --help calls its value. */
  readonly value: string;
  readonly variable: string;
  readonly fallback: string;
  readonly help: string;
  readonly schema: T;
}

function option<T extends z.ZodType>(
  [flag, value]: readonly [flag: string, value: string],
  variable: string,
  fallback: string,
  help: string,
  schema: T,
): Option<T> {
  return { flag, value, variable, fallback, help, schema };
}

const MIN_INTERVAL_MS = 100;
const MAX_INTERVAL_MS = 60_000;
const INTERVAL = `must be a whole number from ${MIN_INTERVAL_MS} to ${MAX_INTERVAL_MS}`;

const path = z.string().transform((value) => value || undefined);

const OPTIONS = {
  redisUrl: option(
    ['redis-url', 'URL'],
    'PARLEY_REDIS_URL',
    'redis://127.0.0.1:6379',
    'the Redis in which the replicas register: redis://, rediss:// or unix://',
    z.string().refine((value) => parseRedisUrl(value) !== undefined, 'must be redis://, rediss:// or unix://'),
  ),
  redisCluster: option(
    ['redis-cluster', 'true|false'],
    'PARLEY_REDIS_CLUSTER',
    'false',
    'whether that is a Redis Cluster',
    z.enum(['true', 'false'], 'must be true or false').transform((value) => value === 'true'),
  ),
  nginxUpstreams: option(
    ['nginx-upstreams', 'FILE'],
    'PARLEY_LB_NGINX_UPSTREAMS',
    '',
    "the file to keep with nginx's upstream lines",
    path,
  ),
  nginxPid: option(
    ['nginx-pid', 'FILE'],
    'PARLEY_LB_NGINX_PID',
    '',
    "nginx's pid file; given it, nginx is reloaded after each change",
    path,
  ),
  nginxConf: option(
    ['nginx-conf', 'FILE'],
    'PARLEY_LB_NGINX_CONF',
    '',
    'the configuration to test before a reload, if not the one that nginx was built with',
    path,
  ),
  envoyEds: option(
    ['envoy-eds', 'FILE'],
    'PARLEY_LB_ENVOY_EDS',
    '',
    "the file to keep with Envoy's endpoints; its name ends with .json",
    z
      .string()
      .regex(/^$|\.json$/, 'must end with .json')
      .transform((value) => value || undefined),
  ),
  intervalMs: option(
    ['interval-ms', 'MS'],
    'PARLEY_LB_INTERVAL_MS',
    '1000',
    'how often the registry is read and each replica is checked, 100 to 60000',
    z
      .string()
      .regex(/^\d+$/, INTERVAL)
      .transform(Number)
      .refine((value) => value >= MIN_INTERVAL_MS && value <= MAX_INTERVAL_MS, INTERVAL),
  ),
  logLevel: option(
    ['log-level', 'LEVEL'],
    'PARLEY_LOG_LEVEL',
    'info',
    'debug, info, warn, error or silent',
    z.enum(['debug', 'info', 'warn', 'error', 'silent'], 'must be debug, info, warn, error or silent'),
  ),
  logFormat: option(
    ['log-format', 'FORMAT'],
    'PARLEY_LOG_FORMAT',
    'auto',
    'json, pretty, or auto: pretty on a terminal',
    z.enum(['auto', 'json', 'pretty'], 'must be auto, json or pretty'),
  ),
} as const;

type Options = typeof OPTIONS;

/** What parley-lb is told, typed and checked. */
export type LbOptions = { readonly [K in keyof Options]: z.output<Options[K]['schema']> } & { readonly once: boolean };

/** What is wrong with the command line or the environment; one line each. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * Reads the options: a flag wins over its variable, an empty variable counts as unset.
 *
 * @throws UsageError naming everything that is wrong, and what is allowed
 */
export function readLbOptions(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): LbOptions {
  const { once = false, ...given } = parseFlags(args);
  const complaints: string[] = [];
  const values = Object.entries(OPTIONS).map(([name, { flag, variable, fallback, schema }]) => {
    const text = (given[flag] as string | undefined) ?? (environment[variable] || fallback);
    const parsed = schema.safeParse(text);
    // A URL holds a password, so what is wrong is not repeated.
    if (!parsed.success) complaints.push(`--${flag} (${variable}) ${parsed.error.issues[0]?.message ?? 'is wrong'}`);
    return [name, parsed.data];
  });
  const options = { ...(Object.fromEntries(values) as Omit<LbOptions, 'once'>), once: once === true };
  if (complaints.length === 0) complaints.push(...missing(options));
  if (complaints.length > 0) throw new UsageError(complaints.join('\n'));
  return options;
}

function parseFlags(args: readonly string[]): Record<string, string | boolean | undefined> {
  const flags = Object.values(OPTIONS).map(({ flag }) => [flag, { type: 'string' }] as const);
  try {
    return parseArgs({ args: [...args], options: { ...Object.fromEntries(flags), once: { type: 'boolean' } } }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function missing({ nginxUpstreams, nginxPid, envoyEds }: LbOptions): string[] {
  if (nginxPid !== undefined && nginxUpstreams === undefined) return ['--nginx-pid needs --nginx-upstreams'];
  if (nginxUpstreams === undefined && envoyEds === undefined) return ['give --nginx-upstreams, --envoy-eds or both'];
  return [];
}

export function lbHelp(): string {
  const rows = Object.values(OPTIONS).map(({ flag, value, variable, fallback, help }) => ({
    left: `--${flag} ${value}`,
    lines: [help, `${variable}; default: ${fallback || 'none'}`],
  }));
  rows.push({ left: '--once', lines: ['write the files once and end'] }, { left: '--help', lines: ['this text'] });
  const width = Math.max(...rows.map(({ left }) => left.length));
  return [
    'Usage: parley-lb [options]',
    '',
    'Keeps what stands in front of the replicas told of them: reads the registry, asks each replica for its health,',
    'writes the list for nginx or Envoy and reloads nginx. Goes on until SIGTERM or SIGINT.',
    '',
    ...rows.flatMap(({ left, lines }) =>
      lines.map((line, index) => `  ${(index === 0 ? left : '').padEnd(width)}  ${line}`),
    ),
    '',
  ].join('\n');
}
