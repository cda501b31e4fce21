import { hostname } from 'node:os';

import { z } from 'zod';

import { parseRedisUrl } from './cluster/redis-url.ts';

/** A setting: its variable, what it does (for the README's table and --help), and how its text is read. */
interface Setting<T extends z.ZodType> {
  readonly variable: string;
  readonly fallback: string;
  readonly help: string;
  readonly schema: T;
}

function setting<T extends z.ZodType>(variable: string, fallback: string, help: string, schema: T): Setting<T> {
  return { variable, fallback, help, schema };
}

const flag = z.enum(['true', 'false'], 'must be true or false').transform((value) => value === 'true');

function integer(min: number, max: number) {
  const text = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d+$/, text)
    .transform(Number)
    .refine((value) => value >= min && value <= max, text);
}

const ADDRESS = /^(\[[0-9A-Fa-f:.%]+\]|[^:\s]+):(\d{1,5})$/;

function isAddress(text: string): boolean {
  return Number(ADDRESS.exec(text)?.[2] ?? NaN) <= 65_535;
}

const SETTINGS = {
  listen: setting(
    'PARLEY_LISTEN',
    '127.0.0.1:50051',
    'where to listen, HOST:PORT; without TLS, so keep it on loopback or behind a proxy',
    z.string().refine(isAddress, 'must be HOST:PORT, such as 127.0.0.1:50051'),
  ),
  databaseUrl: setting(
    'PARLEY_DATABASE_URL',
    'sqlite:data/parley.db',
    'sqlite:PATH, sqlite::memory: or mysql://USER:PASSWORD@HOST:PORT/DATABASE',
    z.string().regex(/^(sqlite:.+|mysql:\/\/.+)$/, 'must begin with sqlite: or mysql://'),
  ),
  databasePool: setting('PARLEY_DATABASE_POOL', '10', 'connections to MySQL, 2 to 100', integer(2, 100)),
  migrateAtStart: setting(
    'PARLEY_MIGRATE_AT_START',
    'false',
    'bring the tables of MySQL up to date at start, under a lock (SQLite always does)',
    flag,
  ),
  attachments: setting(
    'PARLEY_ATTACHMENTS',
    'data/attachments',
    'the folder for attached files; every replica must have the same one',
    z.string().regex(/\S/, 'must be the path of a folder'),
  ),
  maxAttachmentBytes: setting(
    'PARLEY_MAX_ATTACHMENT_BYTES',
    '26214400',
    'the largest file that may be attached, 1 to 1073741824',
    integer(1, 1_073_741_824),
  ),
  orphanHours: setting(
    'PARLEY_ORPHAN_HOURS',
    '24',
    'hours after which an uploaded file that no message carries is deleted, 1 to 720',
    integer(1, 720),
  ),
  redisUrl: setting(
    'PARLEY_REDIS_URL',
    '',
    'between replicas on one MySQL: redis://[USER:PASSWORD@]HOST[:PORT][/DB], rediss:// or unix:///PATH',
    z
      .string()
      .refine(
        (value) => value === '' || parseRedisUrl(value) !== undefined,
        'must be redis://[USER:PASSWORD@]HOST[:PORT][/DB], rediss:// or unix:///PATH',
      ),
  ),
  redisCluster: setting(
    'PARLEY_REDIS_CLUSTER',
    'false',
    'HOST,HOST… of PARLEY_REDIS_URL are nodes of a Redis Cluster: pub/sub is sharded',
    flag,
  ),
  replica: setting(
    'PARLEY_REPLICA',
    '',
    "this replica's name in logs and presence; default HOSTNAME:PORT",
    z.string().max(128, 'must have at most 128 characters'),
  ),
  advertise: setting(
    'PARLEY_ADVERTISE',
    '',
    'HOST:PORT where the proxy in front reaches this replica; default: where it listens',
    z.string().refine((value) => value === '' || isAddress(value), 'must be HOST:PORT, such as 10.0.0.7:50051'),
  ),
  weight: setting(
    'PARLEY_WEIGHT',
    '1',
    "this replica's share of new streams, against the others' weights, 1 to 1000",
    integer(1, 1_000),
  ),
  leaseMs: setting(
    'PARLEY_LEASE_MS',
    '10000',
    'a replica that is silent in Redis for so long is gone, and its users offline; the same on all, 2000 to 60000',
    integer(2_000, 60_000),
  ),
  directMessages: setting(
    'PARLEY_DIRECT_MESSAGES',
    'anyone',
    'who may write to a user directly: anyone (not blocked) or friends',
    z.enum(['anyone', 'friends'], 'must be anyone or friends'),
  ),
  friendRequestDays: setting(
    'PARLEY_FRIEND_REQUEST_DAYS',
    '30',
    'days after which a friend request that nobody answered lapses, 1 to 3650',
    integer(1, 3_650),
  ),
  recallSeconds: setting(
    'PARLEY_RECALL_SECONDS',
    '86400',
    'how long after sending an author may recall a message, 0 (never) to 31536000; admins always may',
    integer(0, 31_536_000),
  ),
  editSeconds: setting(
    'PARLEY_EDIT_SECONDS',
    '86400',
    'how long after sending an author may edit a message, 0 (never) to 31536000',
    integer(0, 31_536_000),
  ),
  reflection: setting('PARLEY_REFLECTION', 'true', 'serve gRPC reflection, for buf curl and grpcurl', flag),
  heartbeatMs: setting(
    'PARLEY_HEARTBEAT_MS',
    '10000',
    'heartbeat interval of Chat streams, 1000 to 300000',
    integer(1_000, 300_000),
  ),
  heartbeatMisses: setting(
    'PARLEY_HEARTBEAT_MISSES',
    '5',
    'intervals without a frame after which a stream is given up, 2 to 100',
    integer(2, 100),
  ),
  slowConsumerMs: setting(
    'PARLEY_SLOW_CONSUMER_MS',
    '30000',
    'a stream that accepts nothing for so long is ended, 1000 to 600000',
    integer(1_000, 600_000),
  ),
  maxStreamAgeSeconds: setting(
    'PARLEY_MAX_STREAM_AGE_SECONDS',
    '1800',
    'a Chat stream is asked to come back after so long (±10 %); 0 (never) or 10 to 86400',
    integer(0, 86_400).refine((value) => value === 0 || value >= 10, 'must be 0 or a whole number from 10 to 86400'),
  ),
  awaySeconds: setting(
    'PARLEY_AWAY_SECONDS',
    '300',
    'a user who sends, reads and types nothing for so long is shown as away, 10 to 86400',
    integer(10, 86_400),
  ),
  sessionDays: setting(
    'PARLEY_SESSION_DAYS',
    '30',
    'days without a use after which a token ends, 1 to 365',
    integer(1, 365),
  ),
  drainWaitMs: setting(
    'PARLEY_DRAIN_WAIT_MS',
    '0',
    'between health NOT_SERVING and sending streams away: set it to what the balancer needs, 0 to 60000',
    integer(0, 60_000),
  ),
  drainSpreadMs: setting(
    'PARLEY_DRAIN_SPREAD_MS',
    '1000',
    'streams are sent away over so long, 0 to 60000',
    integer(0, 60_000),
  ),
  admin: setting(
    'PARLEY_ADMIN_LISTEN',
    '',
    'HOST:PORT for /metrics, /healthz and /readyz by HTTP, open to whoever reaches it',
    z.string().refine((value) => value === '' || isAddress(value), 'must be HOST:PORT, such as 127.0.0.1:9464'),
  ),
  logLevel: setting(
    'PARLEY_LOG_LEVEL',
    'info',
    'debug, info, warn, error or silent',
    z.enum(['debug', 'info', 'warn', 'error', 'silent'], 'must be debug, info, warn, error or silent'),
  ),
  logFormat: setting(
    'PARLEY_LOG_FORMAT',
    'auto',
    'json, pretty, or auto: pretty on a terminal',
    z.enum(['auto', 'json', 'pretty'], 'must be auto, json or pretty'),
  ),
} as const;

type Settings = typeof SETTINGS;

/** What the server is told, typed and checked. Milliseconds and days are in the names. */
export type Config = { readonly [K in keyof Settings]: z.output<Settings[K]['schema']> };

/** What an operator has to change; one line for each variable. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Reads PARLEY_* variables; an empty one counts as unset. The only reader of the environment.
 *
 * @throws ConfigError naming every variable that is wrong or unknown, and what is allowed
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const complaints: string[] = [];
  const values = Object.entries(SETTINGS).map(([name, { variable, fallback, schema }]) => {
    const text = environment[variable] || fallback;
    const parsed = schema.safeParse(text);
    if (!parsed.success)
      complaints.push(`${variable} ${parsed.error.issues[0]?.message ?? 'is wrong'} (it is "${maskPassword(text)}")`);
    return [name, parsed.data];
  });
  complaints.push(...unknownVariables(environment));
  const config = Object.fromEntries(values) as Config;
  if (complaints.length === 0) complaints.push(...contradictions(config));
  if (complaints.length > 0) throw new ConfigError(complaints.join('\n'));
  return {
    ...config,
    replica: config.replica || `${hostname()}:${config.listen.slice(config.listen.lastIndexOf(':') + 1)}`,
  };
}

/** What is right by itself and wrong together. */
function contradictions({ databaseUrl, redisUrl, redisCluster }: Config): string[] {
  const complaints: string[] = [];
  const target = parseRedisUrl(redisUrl);
  if (target !== undefined && databaseUrl.startsWith('sqlite:'))
    complaints.push('PARLEY_REDIS_URL is for replicas that share a MySQL database: with SQLite there is only one');
  if (redisCluster && target === undefined)
    complaints.push('PARLEY_REDIS_CLUSTER is true, so PARLEY_REDIS_URL must name nodes of the Redis Cluster');
  if (redisCluster && target !== undefined && (target.hosts.length === 0 || target.db !== 0))
    complaints.push('PARLEY_REDIS_URL must name hosts and no DB where PARLEY_REDIS_CLUSTER is true');
  if (!redisCluster && target !== undefined && target.hosts.length > 1)
    complaints.push('PARLEY_REDIS_URL must name one host, or PARLEY_REDIS_CLUSTER must be true');
  return complaints;
}

/** The settings as a table: variable, default, meaning. */
export function describeSettings(): { variable: string; fallback: string; help: string }[] {
  return Object.values(SETTINGS).map(({ variable, fallback, help }) => ({ variable, fallback, help }));
}

/** Variables of the clients, parley-lb, the launcher and the tests, which a server passes over. */
const NOT_OURS = /^PARLEY_(LB_\w+|SERVER|PROFILE|PASSWORD|TLS|CA|DEBUG|LAUNCHED_BY|TEST_\w+)$/;

function unknownVariables(environment: Readonly<Record<string, string | undefined>>): string[] {
  const known = new Set<string>(Object.values(SETTINGS).map(({ variable }) => variable));
  return Object.keys(environment)
    .filter((name) => name.startsWith('PARLEY_') && !known.has(name) && !NOT_OURS.test(name))
    .map((name) => `${name} is not a setting; --help lists them`);
}

/** A database's or a Redis' URL for people to see: never its password; where that can't be told apart, nothing before the last @. */
export function maskPassword(url: string): string {
  if (url.startsWith('sqlite:')) return url;
  return url.replace(/^(\w+:\/\/[^:/@]*)?([^]*)@/, (_all, user: string | undefined, rest: string) => {
    if (user === undefined) return '***@';
    return rest === '' ? `${user}@` : `${user}:***@`;
  });
}
