import type { Mutant } from './mutants.ts';

export type Fate = 'killed' | 'survived' | 'timed out' | 'not reached' | 'equivalent';

/** What became of one mutant. */
export interface Outcome extends Mutant {
  readonly file: string;
  readonly fate: Fate;
  /** How long it took. */
  readonly seconds: number;
  /** The test files that had a chance to notice it. */
  readonly tests: number;
}

/** A mutant that behaves as the original does: named by what stands in its line, which may move. */
export interface EquivalentMutant {
  readonly file: string;
  /** The source line, without the space around it. */
  readonly line: string;
  readonly original: string;
  readonly replacement: string;
  readonly reason: string;
}

/** Whether somebody has found a mutant to be equivalent. */
export function isEquivalent(known: readonly EquivalentMutant[], file: string, text: string, mutant: Mutant): boolean {
  const line = text.split('\n')[mutant.line - 1]?.trim();
  return known.some(
    (one) =>
      one.file === file &&
      one.line === line &&
      one.original === mutant.original &&
      one.replacement === mutant.replacement,
  );
}

/** One line for each file, then what survived, for people. */
export function summarize(outcomes: readonly Outcome[]): string {
  const rows = [...Map.groupBy(outcomes, ({ file }) => file)].map(([file, own]) => `${file}  ${countsOf(own)}`);
  const open = outcomes.filter(({ fate }) => fate === 'survived' || fate === 'not reached');
  const seconds = outcomes.reduce((sum, outcome) => sum + outcome.seconds, 0);
  return [
    ...rows,
    `in all  ${countsOf(outcomes)}`,
    `${(seconds / Math.max(1, outcomes.length)).toFixed(1)} s a mutant`,
    ...open.map((outcome) => `${outcome.fate}: ${describe(outcome)}`),
  ].join('\n');
}

export function describe({ file, line, operator, original, replacement }: Mutant & { readonly file: string }): string {
  return `${file}:${line} ${operator}: ${oneLine(original)} → ${oneLine(replacement)}`;
}

function countsOf(outcomes: readonly Outcome[]): string {
  const counts = Map.groupBy(outcomes, ({ fate }) => fate);
  const count = (fate: Fate): number => counts.get(fate)?.length ?? 0;
  const noticed = count('killed') + count('timed out');
  const judged = outcomes.length - count('equivalent');
  const parts = [...counts].map(([fate, own]) => `${own.length} ${fate}`);
  return `${judged === 0 ? '' : `${((noticed / judged) * 100).toFixed(0)}%: `}${parts.join(', ')}`;
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length > 80 ? `${line.slice(0, 77)}...` : line;
}
