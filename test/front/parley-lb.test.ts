import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { connectRedis } from '../../server/cluster/redis-connection.ts';
import { RedisLease } from '../../server/cluster/redis-lease.ts';
import { parseRedisUrl } from '../../server/cluster/redis-url.ts';
import { systemClock } from '../../server/lib/clock.ts';
import { RedisProcess } from '../cluster/redis-process.ts';
import { silentEvents } from '../domain/domain.ts';
import { type Daemon, startDaemon } from '../setup/daemon.ts';
import { makeTempFolder, removeTempFolder } from '../setup/temp-folder.ts';
import { callEmpty } from './call-empty.ts';
import { FrontNginx } from './front-nginx.ts';
import { answerServing, type Http2Backend, startHttp2Backend } from './http2-backend.ts';

const LAUNCHER = join(import.meta.dirname, '../../server/bin/parley-lb.js');
const LEASE_MS = 6_000;

let folder: string;
let endpoints: string;
let redis: RedisProcess;
let cleanUp: AsyncDisposableStack;

beforeEach(async () => {
  cleanUp = new AsyncDisposableStack();
  folder = await makeTempFolder('lb');
  cleanUp.defer(() => removeTempFolder(folder));
  endpoints = join(folder, 'eds.json');
  redis = cleanUp.use(new RedisProcess(folder));
  await redis.start();
});

afterEach(() => cleanUp.disposeAsync());

/** A replica that answers, and its lease. */
async function startReplica(weight: number): Promise<Http2Backend & { readonly lease: RedisLease }> {
  const backend = cleanUp.use(await startHttp2Backend(answerServing));
  const connection = connectRedis(parseRedisUrl(redis.url)!, { cluster: false, name: 'replica' });
  cleanUp.defer(() => connection.disconnect());
  const { address } = backend;
  const describe = () => ({ replica: address, address, weight, version: '1', streams: 0, sent: 0, delivered: 0 });
  const parts = { redis: connection, clock: systemClock, events: silentEvents, describe };
  const lease = cleanUp.use(new RedisLease(parts, { incarnation: randomUUID(), leaseMs: LEASE_MS }));
  await lease.start();
  return Object.assign(backend, { lease });
}

async function startBalancer(nginx: FrontNginx): Promise<Daemon> {
  const { upstreams, pidFile, conf } = nginx.places;
  const args = [
    ...['--redis-url', redis.url, '--nginx-upstreams', upstreams, '--nginx-pid', pidFile, '--nginx-conf', conf],
    ...['--envoy-eds', endpoints, '--log-format', 'json'],
  ];
  // The last of the two files.
  const ready = /eds\.json.*list of replicas written/;
  return cleanUp.use(await startDaemon({ command: process.execPath, args: [LAUNCHER, ...args], ready }));
}

async function listedForNginx(nginx: FrontNginx): Promise<string[]> {
  const text = await readFile(nginx.places.upstreams, 'utf8').catch(() => '');
  return [...text.matchAll(/^server \S+:(\d+ (?:weight=\d+|down))/gm)].map(([, server]) => server!);
}

async function listedForEnvoy(): Promise<string[]> {
  const text = await readFile(endpoints, 'utf8').catch(() => '');
  const found = text.matchAll(/"port_value": (\d+)[^w]*"load_balancing_weight": (\d+)/g);
  return [...found].map(([, port, weight]) => `${port} weight=${weight}`);
}

function inLists({ address }: Http2Backend, weight: number): string {
  return `${address.split(':')[1]} weight=${weight}`;
}

test('parley-lb keeps nginx and Envoy told of what is in Redis, and goes on without it', async () => {
  const nginx = cleanUp.use(await FrontNginx.start({ tls: false }));
  await rm(nginx.places.upstreams);
  const balancer = await startBalancer(nginx);

  /** Returns once both files have this list. */
  const listed = async (...wanted: readonly string[]): Promise<void> => {
    for (;;) {
      const written = balancer.nextLine(/list of replicas written/);
      written.catch(() => undefined);
      const lists = [await listedForNginx(nginx), await listedForEnvoy()];
      if (lists.every((list) => list.sort().join() === [...wanted].sort().join())) return;
      await written;
    }
  };

  const first = await startReplica(3);
  const second = await startReplica(1);
  await listed(inLists(first, 3), inLists(second, 1));

  const draining = balancer.nextLine(/taken out/);
  await first.lease.drain();
  expect(await draining).toMatch(/"why":"draining"/);
  await listed(inLists(second, 1));

  const third = await startReplica(1);
  await listed(inLists(second, 1), inLists(third, 1));
  const lost = balancer.nextLine(/the registry does not answer/);
  await redis.kill();
  await lost;
  const dead = balancer.nextLine(/taken out/);
  await second[Symbol.asyncDispose]();
  expect(await dead).toMatch(/"why":"fails its health checks"/);
  await listed(inLists(third, 1));
  expect(await callEmpty(nginx.address)).toMatchObject({ code: status.OK });

  const ended = balancer.exited;
  balancer.signal('SIGTERM');
  expect(await ended).toBe(0);
  expect(await listedForNginx(nginx)).toEqual([inLists(third, 1)]);
}, 40_000);

test('before there is any replica, both files are there and can be read', async () => {
  const nginx = cleanUp.use(await FrontNginx.start({ tls: false }));
  await rm(nginx.places.upstreams);
  await startBalancer(nginx);
  expect(await listedForNginx(nginx)).toEqual(['9 down']);
  expect(JSON.parse(await readFile(endpoints, 'utf8'))).toMatchObject({
    resources: [{ endpoints: [{ lb_endpoints: [] }] }],
  });
  expect(await callEmpty(nginx.address)).toMatchObject({ code: status.UNAVAILABLE });
});

describe('--once', () => {
  function once(...args: readonly string[]): Promise<{ code: number; stderr: string }> {
    return new Promise((resolve) => {
      execFile(process.execPath, [LAUNCHER, '--once', ...args], { timeout: 20_000 }, (error, _stdout, stderr) => {
        resolve({ code: Number(error?.code ?? 0), stderr });
      });
    });
  }

  test('writes what is so now', async () => {
    const replica = await startReplica(2);
    const dead = await startReplica(1);
    await dead[Symbol.asyncDispose]();
    expect(await once('--redis-url', redis.url, '--envoy-eds', endpoints)).toEqual({ code: 0, stderr: '' });
    expect(await listedForEnvoy()).toEqual([inLists(replica, 2)]);
  });

  test('leaves everything alone where Redis is away', async () => {
    await redis.kill();
    await writeFile(endpoints, 'as before');
    const { code, stderr } = await once('--redis-url', redis.url, '--envoy-eds', endpoints);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^parley-lb: .*Redis/);
    expect(stderr).not.toMatch(/\bat .*\.ts/);
    expect(await readFile(endpoints, 'utf8')).toBe('as before');
  });
});
