import { readFile, writeFile } from 'node:fs/promises';

import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';

import { resolveAddress } from '../../server/front/address.ts';
import { Balancer } from '../../server/front/balancer.ts';
import { Front } from '../../server/front/front.ts';
import { renderNginxUpstreams } from '../../server/front/nginx-upstreams.ts';
import { systemClock } from '../../server/lib/clock.ts';
import { probeHealth } from '../../server/rpc/health-probe.ts';
import { BalancerEvents } from '../../server/telemetry/balancer-events.ts';
import { ServerProcess } from '../cluster/server-process.ts';
import { startServer } from '../cluster/start-server.ts';
import { toUser } from '../e2e/protocol/frames.ts';
import { callEmpty } from './call-empty.ts';
import { FrontNginx } from './front-nginx.ts';
import { answerNothing, answerServing, type Http2Backend, startHttp2Backend } from './http2-backend.ts';
import { ListRegistry } from './list-registry.ts';
import { stageAt } from './stage-at.ts';

/** As parley-lb has it. */
const INTERVAL_MS = 1_000;
const SHORT_INTERVAL_MS = 150;
/** Within so long a change has to be in force. */
const SOON_MS = 3_000;
/** The old worker's, which takes no new connections from then on. */
const SWITCHED = /gracefully shutting down/;
const ONE_WORKER = ['worker_processes auto;', 'worker_processes 1;'] as const;

let nginx: FrontNginx;
let registry: ListRegistry;
let lines: string[];
let cleanUp: AsyncDisposableStack;

beforeEach(async () => {
  cleanUp = new AsyncDisposableStack();
  nginx = cleanUp.use(await FrontNginx.start({ tls: false, changes: [ONE_WORKER] }));
  registry = new ListRegistry();
  lines = [];
});

afterEach(() => cleanUp.disposeAsync());

/** One that answers health checks, and whatever else it is asked, with OK. */
async function startReplica(): Promise<Http2Backend> {
  return cleanUp.use(await startHttp2Backend(answerServing));
}

/** Does what parley-lb does, in this process. */
function balance(intervalMs: number): void {
  const log = pino({}, { write: (line: string) => void lines.push(line) });
  const front = new Front({ file: nginx.places.upstreams, render: renderNginxUpstreams, nginx: nginx.places });
  const parts = { registry, probe: probeHealth, resolve: resolveAddress, fronts: [front], clock: systemClock };
  const balancer = cleanUp.use(new Balancer({ ...parts, events: new BalancerEvents(log) }, intervalMs));
  balancer.start();
}

function reloads(): number {
  return lines.filter((line) => line.includes('"outcome":"reloaded"')).length;
}

async function listed(): Promise<string[]> {
  const text = await readFile(nginx.places.upstreams, 'utf8');
  return [...text.matchAll(/^server (\S+) weight/gm)].map(([, address]) => address!);
}

/** How long it takes from now until nginx sends new streams to just these replicas, which it didn't before. */
async function inForce(...replicas: readonly { readonly address: string }[]): Promise<number> {
  const begunMs = performance.now();
  const wanted = replicas.map(({ address }) => address).sort();
  let switched = nginx.nextLine(SWITCHED);
  for (;;) {
    await switched;
    const tookMs = performance.now() - begunMs;

    switched = nginx.nextLine(SWITCHED);
    // It may never be awaited, and nginx ends with the test.
    switched.catch(() => undefined);
    if ((await listed()).join() === wanted.join()) return tookMs;
  }
}

/** Calls through nginx, each over a connection of its own: those that failed. */
async function failures(calls: number): Promise<number[]> {
  const statuses = await Promise.all(Array.from({ length: calls }, () => callEmpty(nginx.address)));
  // A server asks who calls, the others don't.
  const answers = [status.OK, status.UNAUTHENTICATED];
  return statuses.map(({ code }) => code).filter((code) => !answers.includes(code));
}

describe('within three seconds', () => {
  test('a new replica takes load, and a dead one is out, without a call that fails', async () => {
    const first = cleanUp.use(await ServerProcess.start());
    const second = await startReplica();
    registry.put(first.address);
    const started = inForce(first);
    balance(INTERVAL_MS);
    await started;

    const added = inForce(first, second);
    registry.put(second.address);
    expect(await added).toBeLessThan(SOON_MS);
    expect(await failures(8)).toEqual([]);
    const calls = await nginx.accessLog.logged(({ upstream }) => upstream === second.address);
    expect(calls.length).toBeGreaterThanOrEqual(3);

    await first.kill();
    const dead = inForce(second);
    expect(await failures(8)).toEqual([]);
    expect(await dead).toBeLessThan(SOON_MS);
    expect(await failures(8)).toEqual([]);
    expect(lines.join('')).toMatch(/"why":"fails its health checks"/);
  });

  test('one that hangs is out', async () => {
    const [hanging, well] = [await startReplica(), await startReplica()];
    registry.put(hanging.address);
    registry.put(well.address);
    const started = inForce(hanging, well);
    balance(INTERVAL_MS);
    await started;
    const out = inForce(well);
    hanging.answer = answerNothing;
    // Each of its two checks takes a second to fail.
    expect(await out).toBeLessThan(SOON_MS + INTERVAL_MS);
    expect(await failures(4)).toEqual([]);
  });

  test('a draining one gets no new streams, and keeps those that are open', async () => {
    const settings = { PARLEY_DRAIN_WAIT_MS: '3000', PARLEY_DRAIN_SPREAD_MS: '0' };
    const draining = await startServer({ engine: 'sqlite', environment: settings });
    const well = await startReplica();
    registry.put(draining.address);
    const started = inForce(draining);
    balance(INTERVAL_MS);
    await started;
    await using stage = stageAt(nginx);
    const [ann, bob] = await stage.users('ann', 'bob');
    const chat = await ann.connect();
    const added = inForce(draining, well);
    registry.put(well.address);
    await added;

    const drained = inForce(well);
    const stopped = draining.stop();
    expect(await drained).toBeLessThan(SOON_MS);
    await chat.say(toUser(bob.id), 'still here');
    const before = well.headers.length;
    expect(await failures(8)).toEqual([]);
    expect(well.headers.length - before).toBeGreaterThanOrEqual(8);
    await stopped;
    expect(lines.join('')).toMatch(/"why":"not serving"/);
  });
});

test('without the registry the list stays, but for those that die; it is never empty', async () => {
  const [a, b] = [await startReplica(), await startReplica()];
  registry.put(a.address);
  registry.put(b.address);
  const started = inForce(a, b);
  balance(SHORT_INTERVAL_MS);
  await started;
  registry.away = true;
  await registry.asked(2);
  expect(await failures(4)).toEqual([]);
  const alone = inForce(b);
  await a[Symbol.asyncDispose]();
  await alone;
  const before = reloads();
  b.answer = answerNothing;
  await b[Symbol.asyncDispose]();
  await registry.asked(6);
  expect(await listed()).toEqual([b.address]);
  expect(await callEmpty(nginx.address)).toMatchObject({ code: status.UNAVAILABLE });
  expect(reloads()).toBe(before);
});

test('before there is any replica: UNAVAILABLE, and no reload while nothing changes', async () => {
  balance(SHORT_INTERVAL_MS);
  await registry.asked(8);
  expect(await callEmpty(nginx.address)).toMatchObject({ code: status.UNAVAILABLE });
  expect(reloads()).toBe(0);
});

test('a configuration that nginx refuses is told once, and tried again', async () => {
  const replica = await startReplica();
  registry.put(replica.address);
  const right = await readFile(nginx.places.conf, 'utf8');
  await writeFile(nginx.places.conf, right.replace('http {', 'http { nonsense;'));
  balance(SHORT_INTERVAL_MS);
  await registry.asked(8);
  const refusals = lines.filter((line) => line.includes('could not be put in force'));
  expect(refusals).toEqual([expect.stringMatching(/unknown directive \\"nonsense\\"/)]);
  const inOrder = inForce(replica);
  await writeFile(nginx.places.conf, right);
  await inOrder;
  expect(await failures(2)).toEqual([]);
});
