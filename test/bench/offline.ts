import { fork } from 'node:child_process';
import { once } from 'node:events';
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { ServerProcess } from '../cluster/server-process.ts';
import { startMariadb } from '../setup/mariadb.ts';
import { makeTempFolder, removeTempFolder } from '../setup/temp-folder.ts';
import type { ReadBacklog } from './backlog-reader.ts';
import { type Backlog, fillBacklogs, type Waiting } from './fill-backlogs.ts';
import { ProcessMemory } from './process-memory.ts';
import { TalkingPair } from './talking-pair.ts';

/**
 * What it costs to give somebody who was away all that waited: is it complete and in order, what does the server need
 * in memory for it, and do others notice? Ends with 1 where a bound is broken.
 */

const ENGINES = ['sqlite', 'mysql'] as const;
type Engine = (typeof ENGINES)[number];

const BACKLOGS = { deep: { conversations: 1, messagesEach: 100_000 }, wide: { conversations: 5_000, messagesEach: 1 } };
/** Loads the code, and lets the young generation of the heap become as large as it does on any busy server. */
const WARM_UP = {
  backlogs: [
    { conversations: 1, messagesEach: 20_000 },
    { conversations: 500, messagesEach: 1 },
  ],
  logins: 10,
};
const BOUND = { growthBytes: 64 * 1_048_576, slowdown: 2 };
const MIB = 1_048_576;

interface Figures {
  readonly engine: Engine;
  readonly backlog: string;
  readonly logins: readonly ReadBacklog[];
  /** Resident: before the first login, after the last one, and by how much one login raised them at most. */
  readonly bytes: { readonly before: number; readonly after: number; readonly growth: number };
  readonly latencyMs: { readonly before: readonly number[]; readonly during: readonly number[] };
  readonly broken: readonly string[];
}

const { values: options } = parseArgs({
  options: {
    engine: { type: 'string', multiple: true, default: [...ENGINES] },
    /** Logins of each kind; what was not acknowledged comes again, and the last one acknowledges. */
    logins: { type: 'string', default: '8' },
    /** How many seconds the pair talks alone before each login. */
    quiet: { type: 'string', default: '5' },
  },
});

async function withDatabase<T>(engine: Engine, use: (url: string) => Promise<T>): Promise<T> {
  if (engine === 'mysql') {
    await using mariadb = await startMariadb({ durable: true });
    return await use(await mariadb.createDatabase());
  }
  const folder = await makeTempFolder('bench');
  try {
    return await use(`sqlite:${join(folder, 'parley.db')}`);
  } finally {
    await removeTempFolder(folder);
  }
}

async function logIn(address: string, { resident }: Waiting, acknowledge: boolean): Promise<ReadBacklog> {
  const file = join(import.meta.dirname, 'backlog-reader.ts');
  const child = fork(file, [address, resident.token, acknowledge ? 'acknowledge' : '']);
  // A client's machine is another one: what it does with what it is given must not slow this one down.
  if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
  const result = once(child, 'message') as Promise<[ReadBacklog]>;
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`the reader ended with ${code}`);
  return (await result)[0];
}

async function measure(engine: Engine, url: string): Promise<Figures[]> {
  const { waiting, pair } = await fillBacklogs(url, [...Object.values(BACKLOGS), ...WARM_UP.backlogs]);
  const environment = { PARLEY_DATABASE_URL: url, PARLEY_MIGRATE_AT_START: 'true' };
  await using server = await ServerProcess.start(environment);
  const memory = new ProcessMemory(server.pid);
  await using talk = new TalkingPair(server.address, pair);
  talk.start();
  for (const warmUp of waiting.slice(Object.keys(BACKLOGS).length)) {
    for (let login = 0; login < WARM_UP.logins; login += 1) await logIn(server.address, warmUp, false);
  }

  const figures: Figures[] = [];
  for (const [index, backlog] of Object.keys(BACKLOGS).entries()) {
    const before = memory.residentBytes;
    let growth = 0;
    const [quiet, during]: [number[], number[]] = [[], []];
    const logins: ReadBacklog[] = [];
    const count = Number(options.logins);
    for (let login = 1; login <= count; login += 1) {
      // In turns, so that whatever else the machine does falls on both.
      quiet.push(...(await talk.during(delay(Number(options.quiet) * 1_000))).latenciesMs);
      const beforeLogin = memory.residentBytes;
      memory.resetPeak();
      const { result, latenciesMs } = await talk.during(logIn(server.address, waiting[index]!, login === count));
      growth = Math.max(growth, memory.peakBytes - beforeLogin);
      logins.push(result);
      during.push(...latenciesMs);
    }
    // Cursors are written behind, within a second.
    await delay(2_000);
    const after = memory.residentBytes;
    const again = await logIn(server.address, waiting[index]!, false);
    const measured = { bytes: { before, after, growth }, latencyMs: { before: quiet, during } };
    const broken = judge(waiting[index]!, logins, again, measured);
    figures.push({ engine, backlog, logins, ...measured, broken });
  }
  return figures;
}

function judge(
  expected: Backlog,
  logins: readonly ReadBacklog[],
  again: ReadBacklog,
  { bytes, latencyMs }: Pick<Figures, 'bytes' | 'latencyMs'>,
): string[] {
  const broken = logins.flatMap(({ complaints }) => complaints);
  for (const { messages, conversations } of logins) {
    if (messages !== expected.conversations * expected.messagesEach || conversations !== expected.conversations) {
      broken.push(`${messages} messages of ${conversations} conversations came`);
    }
  }
  if (again.messages > 0) broken.push(`${again.messages} messages came again after they were acknowledged`);
  if (bytes.growth > BOUND.growthBytes) broken.push('memory');
  if (percentile(latencyMs.during, 99) > BOUND.slowdown * percentile(latencyMs.before, 99)) broken.push('latency');
  return broken;
}

function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? NaN;
}

function row({ engine, backlog, logins, bytes, latencyMs, broken }: Figures) {
  const mib = (value: number) => (value / MIB).toFixed(1);
  const quantiles = (values: readonly number[]) =>
    `${[50, 99].map((percent) => percentile(values, percent).toFixed(1)).join(' / ')} (${values.length})`;
  return {
    engine,
    backlog,
    messages: logins.at(-1)?.messages,
    'login ms': logins.map(({ tookMs }) => Math.round(tookMs)).join(' '),
    'RSS before': mib(bytes.before),
    after: mib(bytes.after),
    'growth at most': mib(bytes.growth),
    'p50 / p99 ms quiet': quantiles(latencyMs.before),
    during: quantiles(latencyMs.during),
    bounds: broken.length === 0 ? 'kept' : broken.join(', '),
  };
}

const engines = ENGINES.filter((engine) => options.engine.includes(engine));
const all: Figures[] = [];
for (const engine of engines) all.push(...(await withDatabase(engine, (url) => measure(engine, url))));
console.table(all.map(row));
process.exitCode = all.every(({ broken }) => broken.length === 0) ? 0 : 1;
