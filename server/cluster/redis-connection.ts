import { Cluster, Redis, type RedisOptions } from 'ioredis';

import { retryDelayMs } from './redis-retry.ts';
import type { RedisHost, RedisTarget } from './redis-url.ts';

/** Within so long Redis answers, or it is taken for lost. */
export const REDIS_PATIENCE_MS = 1_000;

/** A closed connection to a Redis that doesn't answer is cut off after so long. */
const DISCONNECT_MS = 100;

/** What a caller says of the connection that it wants. */
export interface RedisConnection {
  /** The hosts are those of a Redis Cluster. */
  readonly cluster: boolean;
  /** Shown by CLIENT LIST; without spaces. */
  readonly name: string;
  /** Told of each failure to connect and each lost connection, with the cause; connecting goes on. */
  readonly onError?: (cause: Error) => void;
}

/**
 * A connection for commands, which connects by itself and, once lost, again and again. Nothing waits on it for long:
 * a command fails at once while there is no connection, and after a second without an answer; then its outcome is
 * unknown. It is never sent twice. End it with `disconnect()`.
 */
export function connectRedis(target: RedisTarget, { cluster, name, onError }: RedisConnection): Redis | Cluster {
  const options = { ...safeRedisOptions(target), connectionName: name };
  const client = cluster
    ? new Cluster([...target.hosts], {
        redisOptions: options,
        enableOfflineQueue: false,
        clusterRetryStrategy: retryDelayMs,
        slotsRefreshTimeout: REDIS_PATIENCE_MS,
        maxRedirections: 4,
      })
    : new Redis({ ...options, ...endpoint(target), retryStrategy: retryDelayMs });
  // Without a listener, ioredis writes failures to the console.
  client.on('error', (cause: Error) => onError?.(withoutCommand(cause)));
  return client;
}

/** Where one Redis is, for ioredis: the only host, or the socket. */
export function endpoint({ socket, hosts }: RedisTarget): RedisHost | { path: string } {
  if (socket !== undefined) return { path: socket };
  const [host] = hosts;
  if (host === undefined) throw new Error('neither a host nor a socket of Redis');
  return host;
}

/**
 * What keeps a connection from waiting: with the defaults of ioredis, commands wait for ever on a Redis that is paused,
 * and those that were under way when a connection broke are sent again.
 */
export function safeRedisOptions({ tls, username, password, db }: Omit<RedisTarget, 'socket' | 'hosts'>): RedisOptions {
  return {
    connectTimeout: REDIS_PATIENCE_MS,
    commandTimeout: REDIS_PATIENCE_MS,
    socketTimeout: 2 * REDIS_PATIENCE_MS,
    disconnectTimeout: DISCONNECT_MS,
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    db,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(tls && { tls: {} }),
  };
}

/** For logs: ioredis adds to an error the command that failed, with its arguments, which may be passwords. */
export function withoutCommand(error: Error): Error {
  if ('command' in error) delete error.command;
  return error;
}
