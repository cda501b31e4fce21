import { readFileSync } from 'node:fs';

/** First line, last line, how often it ran. */
type Statement = readonly [first: number, last: number, ran: number];

/** What one test file runs of the sources. */
export interface TestFile {
  readonly path: string;
  readonly durationMs: number;
  readonly failed: boolean;
  readonly statements: Readonly<Record<string, readonly Statement[]>>;
}

/** Reads what the reach reporter wrote. */
export function readReach(file: string): TestFile[] {
  return JSON.parse(readFileSync(file, 'utf8')) as TestFile[];
}

/** The test files that run a line of a source file, the fastest first. */
export function testsThatRun(tests: readonly TestFile[], path: string, line: number): TestFile[] {
  return tests.filter((test) => runs(test.statements[path] ?? [], line)).sort((a, b) => a.durationMs - b.durationMs);
}

/** The innermost statement decides; what stands in none (a field, a default) runs where its file does. */
function runs(statements: readonly Statement[], line: number): boolean {
  const around = statements.filter(([first, last]) => first <= line && line <= last);
  if (around.length === 0) return statements.length > 0;
  const narrowest = Math.min(...around.map(([first, last]) => last - first));
  return around.some(([first, last, ran]) => last - first === narrowest && ran > 0);
}
