import { fork } from 'node:child_process';
import { once } from 'node:events';

import type { Bus, BusEvent } from '../../server/bus/bus.ts';
import { MemoryBus } from '../../server/bus/memory-bus.ts';
import { openRedisBus } from '../bus/open-redis-bus.ts';
import { startRedis } from '../setup/redis.ts';

/** What the bus between two processes does: how many entries a second, and how long one takes. `tsx test/bench/bus.ts` */

const THERE = 'group:1';
const BACK = 'group:2';
const ENTRIES = 100_000;
/** Published before the other process says that they have come: fewer than what is lost. */
const AHEAD = 5_000;
const TURN_OF = 100;
const ROUND_TRIPS = 5_000;

const entry = (seq: number): BusEvent => ({
  ...{ type: 'entry', membersVersion: 1 },
  entry: {
    ...{ conversationId: 1, seq, ordinal: seq, target: { kind: 'group', groupId: 1 }, senderId: 1, senderName: 'ann' },
    ...{ clientMessageId: '01980000-0000-7000-8000-000000000000', createdAt: 1_700_000_000_000 },
    body: { kind: 'content', content: { text: 'x'.repeat(200) } },
  },
});

/** The other process: sends back the last of every `every` entries. */
async function answer(url: string): Promise<void> {
  const bus = await openRedisBus(url);
  let every = 1;
  let seen = 0;
  process.on('message', (message) => (every = Number(message)));
  bus.onEvent((event) => {
    if (++seen % every === 0) bus.publish(BACK, event);
  });
  await bus.subscribe([THERE]);
  process.send?.('ready');
  await once(process, 'disconnect');
  await bus[Symbol.asyncDispose]();
}

async function entriesPerSecond(bus: Bus): Promise<number> {
  let arrived = 0;
  let moved = Promise.withResolvers<void>();
  bus.onEvent(() => {
    arrived += TURN_OF;
    moved.resolve();
  });
  const from = performance.now();
  for (let published = 0; arrived < ENTRIES;) {
    moved = Promise.withResolvers();
    while (published < ENTRIES && published - arrived < AHEAD) {
      for (let n = 0; n < TURN_OF; n++) bus.publish(THERE, entry(++published));
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    if (published - arrived >= AHEAD || published === ENTRIES) await moved.promise;
  }
  return (ENTRIES / (performance.now() - from)) * 1_000;
}

/** Of there and back, in microseconds. */
async function medianRoundTrip(bus: Bus): Promise<number> {
  const times: number[] = [];
  for (let n = 1; n <= ROUND_TRIPS; n++) {
    const from = performance.now();
    const back = new Promise<void>((resolve) => bus.onEvent(() => resolve()));
    bus.publish(THERE, entry(n));
    await back;
    times.push((performance.now() - from) * 1_000);
  }
  return times.toSorted((a, b) => a - b)[ROUND_TRIPS / 2]!;
}

async function measure(): Promise<void> {
  await using redis = await startRedis();
  const url = `unix://${redis.socket}`;
  const other = fork(import.meta.filename, [url], { execArgv: process.execArgv });
  await once(other, 'message');
  const bus = await openRedisBus(url);
  await bus.subscribe([BACK]);
  const roundTripUs = await medianRoundTrip(bus);
  other.send(TURN_OF);
  const perSecond = await entriesPerSecond(bus);
  other.disconnect();
  await once(other, 'exit');
  await bus[Symbol.asyncDispose]();

  const memory = new MemoryBus();
  await memory.subscribe([THERE]);
  const inProcessUs = await medianRoundTrip(memory);
  process.stdout.write(
    `${Math.round(perSecond)} entries/s to another process; one way there ${Math.round(roundTripUs / 2)} µs (median), ` +
      `in one process ${inProcessUs.toFixed(1)} µs\n`,
  );
}

const [url] = process.argv.slice(2);
await (url === undefined ? measure() : answer(url));
