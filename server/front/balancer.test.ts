import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';

import { ManualClock } from '../../test/domain/manual-clock.ts';
import { until } from '../../test/domain/until.ts';
import { ListRegistry } from '../../test/front/list-registry.ts';
import type { ReplicaRecord } from '../cluster/registry.ts';
import { BalancerEvents } from '../telemetry/balancer-events.ts';
import { Balancer } from './balancer.ts';
import type { Shown } from './front.ts';
import type { Verdict } from './probe.ts';

const INTERVAL_MS = 1_000;

/** A front that keeps what it was shown, and fails as a test wants it. */
class RecordingFront {
  readonly file = '/list';
  readonly lists: string[] = [];
  calls = 0;
  failure: Error | undefined;

  async show(upstreams: readonly { address: string; weight: number }[]): Promise<Shown> {
    this.calls += 1;
    if (this.failure !== undefined) throw this.failure;
    const list = upstreams.map(({ address, weight }) => `${address}×${weight}`).join(' ');
    if (this.lists.at(-1) === list) return 'same';
    this.lists.push(list);
    return 'written';
  }
}

let clock: ManualClock;
let registry: ListRegistry;
let front: RecordingFront;
let health: Map<string, Verdict | Promise<Verdict>>;
let probes: number;
let lines: string[];
let balancer: Balancer;

beforeEach(() => {
  clock = new ManualClock();
  registry = new ListRegistry();
  front = new RecordingFront();
  health = new Map();
  probes = 0;
  lines = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) });
  balancer = new Balancer(
    {
      ...{ registry, fronts: [front], clock },
      probe: async (address) => {
        probes += 1;
        return (await health.get(address)) ?? 'failed';
      },
      resolve: async (address) => {
        if (address.startsWith('bad')) throw new Error('no such host');
        return address;
      },
      events: new BalancerEvents(log),
    },
    INTERVAL_MS,
  );
});

afterEach(() => balancer[Symbol.asyncDispose]());

function serve(address: string, more: Partial<ReplicaRecord> = {}): void {
  registry.put(address, more);
  health.set(address, 'serving');
}

/** Lets one interval pass, and what begins with it end. */
async function round(): Promise<void> {
  const [before, calls] = [probes, front.calls];
  clock.advance(INTERVAL_MS);
  await registry.asked(1);
  await until(() => front.calls > calls && probes >= before);
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

async function started(): Promise<void> {
  balancer.start();
  await registry.asked(1);
  await round();
}

function told(message: string): unknown[] {
  return lines.map((line) => JSON.parse(line) as { msg: string }).filter(({ msg }) => msg.startsWith(message));
}

describe('the list', () => {
  test('is empty before there is any replica, and then has those that serve', async () => {
    await started();
    expect(front.lists).toEqual(['']);
    serve('b:1', { weight: 3 });
    serve('a:1');
    registry.put('dead:1');
    await round();
    await round();
    expect(front.lists).toEqual(['', 'a:1×1 b:1×3']);
    expect(told('replica taken in')).toMatchObject([{ address: 'a:1' }, { address: 'b:1', weight: 3 }]);
  });

  test('is not shown before all have been asked once', async () => {
    serve('quick:1');
    registry.put('slow:1');
    const slow = Promise.withResolvers<Verdict>();
    health.set('slow:1', slow.promise);
    await started();
    await round();
    expect(front.lists).toEqual(['']);
    slow.resolve('serving');
    await round();
    expect(front.lists).toEqual(['', 'quick:1×1 slow:1×1']);
  });

  test('has the last ones when all fail, and says so once', async () => {
    serve('a:1');
    await started();
    await round();
    health.set('a:1', 'failed');
    for (let rounds = 0; rounds < 4; rounds += 1) await round();
    expect(front.lists.at(-1)).toBe('a:1×1');
    expect(told('no replica is able to serve')).toMatchObject([{ replicas: 1 }]);
    expect(told('replica taken out')).toEqual([]);
  });

  test('loses one that fails twice, one that drains, and gets another weight', async () => {
    for (const address of ['a:1', 'b:1', 'c:1']) serve(address);
    await started();
    await round();
    health.set('a:1', 'failed');
    registry.put('b:1', { state: 'draining' });
    registry.put('c:1', { weight: 9 });
    await round();
    expect(front.lists.at(-1)).toBe('a:1×1 c:1×9');
    await round();
    expect(front.lists.at(-1)).toBe('c:1×9');
    expect(told('replica taken out')).toMatchObject([
      { address: 'b:1', why: 'draining' },
      { address: 'a:1', why: 'fails its health checks' },
    ]);
    expect(told('weight changed')).toMatchObject([{ address: 'c:1', weight: 9 }]);
  });

  test('lacks a replica whose address is of no use, which is told once', async () => {
    serve('a:1');
    serve('bad:1');
    await started();
    await round();
    await round();
    expect(front.lists.at(-1)).toBe('a:1×1');
    expect(told('replica left out')).toMatchObject([{ address: 'bad:1' }]);
  });
});

describe('without the registry', () => {
  test('those known are still checked: they go, and come back; it is told once', async () => {
    serve('a:1');
    serve('b:1');
    await started();
    await round();
    registry.away = true;
    serve('c:1');
    health.set('a:1', 'failed');
    await round();
    await round();
    await round();
    expect(front.lists.at(-1)).toBe('b:1×1');
    health.set('a:1', 'serving');
    await round();
    await round();
    expect(front.lists.at(-1)).toBe('a:1×1 b:1×1');
    expect(told('the registry does not answer')).toHaveLength(1);
    registry.away = false;
    await round();
    await round();
    expect(front.lists.at(-1)).toBe('a:1×1 b:1×1 c:1×1');
    expect(told('the registry answers again')).toHaveLength(1);
  });

  test('a registry that hangs holds up no health check', async () => {
    serve('a:1');
    serve('b:1');
    await started();
    await round();
    const hanging = Promise.withResolvers<ReplicaRecord[]>();
    registry.replicas = () => hanging.promise;
    health.set('a:1', 'failed');
    for (let rounds = 0; rounds < 3; rounds += 1) {
      const { calls } = front;
      clock.advance(INTERVAL_MS);
      await until(() => front.calls > calls);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(front.lists.at(-1)).toBe('b:1×1');
    hanging.resolve([]);
  });
});

test('a front that fails is tried again, and told of once', async () => {
  serve('a:1');
  front.failure = new Error('disk full');
  await started();
  await round();
  await round();
  expect(told('the list of replicas could not be put in force')).toHaveLength(1);
  front.failure = undefined;
  await round();
  expect(front.lists).toEqual(['a:1×1']);
});

test('after its end it asks nobody', async () => {
  serve('a:1');
  await started();
  await balancer[Symbol.asyncDispose]();
  const before = probes;
  clock.advance(10 * INTERVAL_MS);
  expect(probes).toBe(before);
  expect(clock.timers).toBe(0);
});
