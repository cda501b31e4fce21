import type { Cluster, Redis } from 'ioredis';

import { RegistryUnavailable } from './registry.ts';

export type RedisClient = Redis | Cluster;

/** One hash tag: a Redis Cluster keeps all of it in one place, so that one script may read and change it together. */
const PREFIX = '{parley}:';

/**
 * The replicas: a hash of incarnation → "DEADLINE STATE". The deadline is in milliseconds of Redis' own clock. The
 * state is the record as JSON, after `leaving ` once the lease has been given up; `expiring` and `expired` while and
 * after others show its users as gone.
 */
export const REPLICAS = `${PREFIX}replicas`;

/** Before the record of a run that has given its lease up. */
export const LEAVING = 'leaving ';

/** A hash of the users of one incarnation → their standing. */
export function usersKey(incarnation: string): string {
  return `${PREFIX}users:${incarnation}`;
}

/** Held by whoever shows the users of this incarnation as gone. */
export function claimKey(incarnation: string): string {
  return `${PREFIX}claim:${incarnation}`;
}

/** What nobody has touched for so long goes by itself. */
export const RETENTION_MS = 24 * 3_600_000;

/** What scripts begin with: the time, and how the values of `REPLICAS` are read and written. */
export const PREAMBLE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function parse(value)
  local deadline, state = string.match(value, '^(%d+) (.*)$')
  return tonumber(deadline), state
end
local function format(deadline, state)
  return string.format('%.0f %s', deadline, state)
end
local function isLive(deadline, state)
  return deadline > now and string.sub(state, 1, 1) == '{'
end
`;

/** @throws RegistryUnavailable for whatever goes wrong */
export async function asked<T>(reply: Promise<T>): Promise<T> {
  try {
    return await reply;
  } catch (cause) {
    throw new RegistryUnavailable('Redis does not tell who is up', { cause });
  }
}
