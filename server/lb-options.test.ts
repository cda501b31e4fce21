import { describe, expect, test } from '@jest/globals';

import { lbHelp, readLbOptions, UsageError } from './lb-options.ts';

const NGINX = '--nginx-upstreams=/run/upstreams.conf';

describe('options', () => {
  test('have defaults', () => {
    expect(readLbOptions([NGINX], {})).toEqual({
      redisUrl: 'redis://127.0.0.1:6379',
      redisCluster: false,
      nginxUpstreams: '/run/upstreams.conf',
      nginxPid: undefined,
      nginxConf: undefined,
      envoyEds: undefined,
      intervalMs: 1_000,
      logLevel: 'info',
      logFormat: 'auto',
      once: false,
    });
  });

  test('come from variables as well; a flag wins, and an empty variable is none', () => {
    const environment = {
      PARLEY_REDIS_URL: 'unix:///run/redis.sock',
      PARLEY_LB_ENVOY_EDS: '/run/eds.json',
      PARLEY_LB_INTERVAL_MS: '250',
      PARLEY_LB_NGINX_UPSTREAMS: '',
    };
    expect(readLbOptions(['--interval-ms', '500', '--once'], environment)).toMatchObject({
      redisUrl: 'unix:///run/redis.sock',
      envoyEds: '/run/eds.json',
      nginxUpstreams: undefined,
      intervalMs: 500,
      once: true,
    });
  });

  test.each([
    [[], /give --nginx-upstreams, --envoy-eds or both/],
    [['--nginx-pid=/run/nginx.pid', '--envoy-eds=/run/eds.json'], /--nginx-pid needs --nginx-upstreams/],
    [['--envoy-eds=/run/eds.yaml'], /--envoy-eds \(PARLEY_LB_ENVOY_EDS\) must end with \.json/],
    [[NGINX, '--interval-ms=99'], /--interval-ms .* must be a whole number from 100 to 60000/],
    [[NGINX, '--interval-ms=1e3'], /--interval-ms/],
    [[NGINX, '--redis-cluster=perhaps'], /--redis-cluster .* must be true or false/],
    [[NGINX, '--nginx-upstream=/x'], /--nginx-upstream/],
    [[NGINX, 'more'], /more/],
  ])('%j: %s', (args, complaint) => {
    expect(() => readLbOptions(args, {})).toThrow(UsageError);
    expect(() => readLbOptions(args, {})).toThrow(complaint);
  });

  test('all that is wrong is told at once, and no password', () => {
    const wrong = ['--redis-url=http://ann:secret@host', '--interval-ms=0', '--envoy-eds=x'];
    expect(() => readLbOptions(wrong, {})).toThrow(/--redis-url.*\n.*--envoy-eds.*\n.*--interval-ms/);
    expect(() => readLbOptions(wrong, {})).not.toThrow(/secret/);
  });

  test('are all in --help', () => {
    const help = lbHelp();
    for (const flag of ['--redis-url URL', '--nginx-conf FILE', '--once', '--help', 'PARLEY_LB_NGINX_PID']) {
      expect(help).toContain(flag);
    }
  });
});
