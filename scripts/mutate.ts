import { globSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { type Mutant, mutantsOf } from './mutation/mutants.ts';
import {
  describe,
  type EquivalentMutant,
  type Fate,
  isEquivalent,
  type Outcome,
  summarize,
} from './mutation/outcome.ts';
import { type TestFile, testsThatRun } from './mutation/reach.ts';
import { Workspace } from './mutation/workspace.ts';
import { ROOT } from './run.ts';

/**
 * Breaks the sources on purpose, one small change at a time, and looks whether a test notices: what no test notices is
 * not tested. Works on a copy of the tree. See CONTRIBUTING.md.
 */

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    /** So many mutants, drawn by the seed; default: all. */
    sample: { type: 'string' },
    seed: { type: 'string', default: '1' },
    /** Where tests are looked for. */
    tests: {
      type: 'string',
      multiple: true,
      default: ['server', 'test/domain', 'test/delivery', 'test/model', 'test/e2e/protocol'],
    },
    /** Tests of one mutant are left when they would take longer than this without it, in seconds. */
    budget: { type: 'string', default: '60' },
    output: { type: 'string', default: 'coverage/mutation.json' },
  },
});

interface Candidate {
  readonly file: string;
  readonly text: string;
  readonly mutant: Mutant;
}

/** How long a run of tests may take: so long, and so many times what it takes without a mutant. */
const TIMEOUT = { leastMs: 15_000, factor: 2 };

const files = positionals.flatMap((path) =>
  path.endsWith('.ts') ? [path] : globSync(join(path, '**/*.ts'), { cwd: ROOT }),
);
const sources = files.filter((file) => !file.endsWith('.test.ts')).sort();
if (sources.length === 0) throw new Error('name the files or folders to change, such as server/messages');

const equivalents = JSON.parse(
  await readFile(join(import.meta.dirname, 'mutation/equivalent-mutants.json'), 'utf8'),
) as EquivalentMutant[];

/** Draws so many in a random order that the seed decides (mulberry32). */
function draw<T>(items: readonly T[], count: number, seed: number): T[] {
  let state = seed;
  const random = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return items
    .map((item) => ({ item, place: random() }))
    .sort((a, b) => a.place - b.place)
    .slice(0, count)
    .map(({ item }) => item);
}

async function candidatesOf(workspace: Workspace): Promise<Candidate[]> {
  const texts = await Promise.all(sources.map((file) => readFile(join(workspace.folder, file), 'utf8')));
  return sources.flatMap((file, index) => {
    const text = texts[index]!;
    return mutantsOf(file, text).map((mutant) => ({ file, text, mutant }));
  });
}

/** The fastest of the tests that run the line, as many as the budget allows, at least one. */
function chooseTests(workspace: Workspace, tests: readonly TestFile[], { file, mutant }: Candidate): TestFile[] {
  let spentMs = 0;
  return testsThatRun(tests, join(workspace.folder, file), mutant.line).filter(
    ({ durationMs }, index) => (spentMs += durationMs) <= Number(options.budget) * 1_000 || index === 0,
  );
}

async function judge(workspace: Workspace, tests: readonly TestFile[], candidate: Candidate): Promise<Outcome> {
  const { file, text, mutant } = candidate;
  const startedAt = performance.now();
  const chosen = chooseTests(workspace, tests, candidate);
  const outcome = (fate: Fate): Outcome => {
    return { file, ...mutant, fate, seconds: (performance.now() - startedAt) / 1_000, tests: chosen.length };
  };
  if (isEquivalent(equivalents, file, text, mutant)) return outcome('equivalent');
  if (chosen.length === 0) return outcome('not reached');
  const usualMs = chosen.reduce((sum, { durationMs }) => sum + durationMs, 0);
  const broken = text.slice(0, mutant.start) + mutant.replacement + text.slice(mutant.end);
  const paths = chosen.map(({ path }) => path);
  const timeoutMs = TIMEOUT.leastMs + TIMEOUT.factor * usualMs;
  const verdict = await workspace.withSource(file, broken, () => workspace.try(paths, timeoutMs));
  return outcome(verdict === 'passed' ? 'survived' : verdict === 'failed' ? 'killed' : 'timed out');
}

// An exit in order: what was started is ended, and the copy is removed.
process.once('SIGINT', () => process.exit(130));
await using workspace = await Workspace.open();
const all = await workspace.reach(options.tests, sources);
const tests = all.filter(({ failed }) => !failed);
for (const { path, failed } of all) if (failed) console.log(`left out, as it fails by itself: ${path}`);
const candidates = await candidatesOf(workspace);
const drawn =
  options.sample === undefined ? candidates : draw(candidates, Number(options.sample), Number(options.seed));
console.log(`${drawn.length} of ${candidates.length} mutants, ${tests.length} test files`);

const outcomes: Outcome[] = [];
for (const candidate of drawn) {
  const outcome = await judge(workspace, tests, candidate);
  outcomes.push(outcome);
  console.log(
    `${outcomes.length}/${drawn.length} ${outcome.fate} (${outcome.seconds.toFixed(0)} s): ${describe(outcome)}`,
  );
}
const output = resolve(ROOT, options.output);
await mkdir(dirname(output), { recursive: true });
await writeFile(output, JSON.stringify({ seed: Number(options.seed), outcomes }, null, 2));
console.log(`\n${summarize(outcomes)}\nresults: ${options.output}`);
