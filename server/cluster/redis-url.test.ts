import { describe, expect, test } from '@jest/globals';

import { parseRedisUrl, type RedisTarget } from './redis-url.ts';

const HOST: RedisTarget = {
  ...{ socket: undefined, hosts: [{ host: 'host', port: 6_379 }], tls: false },
  ...{ username: undefined, password: undefined, db: 0 },
};

describe('the URL of a Redis', () => {
  test.each<[string, Partial<RedisTarget>]>([
    ['redis://host', {}],
    ['redis://host/', {}],
    ['redis://host:7000/12', { hosts: [{ host: 'host', port: 7_000 }], db: 12 }],
    ['rediss://[::1]:7000', { hosts: [{ host: '::1', port: 7_000 }], tls: true }],
    ['redis://:secret@host', { password: 'secret' }],
    ['redis://ann:p%40s%2Fs:@host', { username: 'ann', password: 'p@s/s:' }],
    ['redis://ann:p@s/s@host', { username: 'ann', password: 'p@s/s' }],
    ['redis://a:1,b,c:3', { hosts: [1, 6_379, 3].map((port, n) => ({ host: 'abc'[n]!, port })) }],
    ['unix:///run/redis.sock', { socket: '/run/redis.sock', hosts: [] }],
    ['unix://ann:secret@/r.sock?db=2', { socket: '/r.sock', hosts: [], username: 'ann', password: 'secret', db: 2 }],
  ])('%s is read', (url, expected) => {
    expect(parseRedisUrl(url)).toEqual({ ...HOST, ...expected });
  });

  test.each([
    ...['', 'host:6379', 'http://host', 'redis:host', 'redis://', 'redis:///1', 'redis://host/x', 'redis://host?db=1'],
    ...['redis://host:0', 'redis://host:65536', 'redis://host:x', 'redis://a,,b', 'redis://a b', 'redis://::1'],
    ...['redis://ann@host', 'redis://ann:%zz@host', 'unix://run/r.sock', 'unix://', 'unix:///', 'unix:///r.sock/1@'],
  ])('%j is refused', (url) => {
    expect(parseRedisUrl(url)).toBeUndefined();
  });
});
