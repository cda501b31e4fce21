import { run } from './run.ts';

/** Everything static, the fast ones first. Each step ends with a line of its own; all of them run. */
const STEPS: readonly (readonly [name: string, command: string, ...args: string[]])[] = [
  ['format', 'prettier', '--check', '--log-level', 'warn', '.'],
  ['buf format', 'buf', 'format', '--diff', '--exit-code', 'proto'],
  ['buf lint', 'buf', 'lint'],
  ['buf breaking', 'node', 'scripts/check-breaking.ts'],
  ['layers', 'depcruise', '--config', '.dependency-cruiser.cjs', 'server', 'clients', 'migrations', 'test', 'scripts'],
  ['generated code', 'node', 'scripts/check-generated.ts'],
  ['types', 'tsc'],
  ['lint', 'eslint', '.'],
];

let failed = 0;
for (const [name, command, ...args] of STEPS) {
  const startedAt = performance.now();
  const ok = (await run(command, args)) === 0;
  if (!ok) failed += 1;
  process.stdout.write(
    `${ok ? 'ok' : 'FAILED'}  ${name}  (${((performance.now() - startedAt) / 1_000).toFixed(1)} s)\n`,
  );
}
process.stdout.write(`check: ${STEPS.length - failed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
