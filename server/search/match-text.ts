import { type FoldedText, foldText } from './fold-text.ts';
import { type Run, runsOf } from './runs.ts';
import type { Term } from './search-query.ts';

/** A part of a text, in code points. */
export interface Highlight {
  readonly start: number;
  readonly length: number;
}

/** Folded characters that match a term: from one index to another, the end excluded. */
interface Match {
  readonly from: number;
  readonly to: number;
}

/** Decides which texts have all terms of a query, and where. */
export class TextMatcher {
  readonly #terms: ReadonlySet<Term>;
  readonly #byFirst: ReadonlyMap<number, readonly Term[]>;

  constructor(terms: readonly Term[]) {
    this.#terms = new Set(terms);
    this.#byFirst = Map.groupBy(terms, ({ characters }) => characters[0]!);
  }

  /** Where the terms are, in order, without overlaps; null where one of them is missing. */
  match(text: string): Highlight[] | null {
    const folded = foldText(text);
    const missing = new Set(this.#terms);
    const matches: Match[] = [];
    for (const run of runsOf(folded.characters)) {
      for (const from of startsWithin(run, folded)) {
        for (const term of this.#byFirst.get(folded.characters[from]!) ?? []) {
          if (!isAt(term, folded.characters, from, run.to)) continue;
          missing.delete(term);
          matches.push({ from, to: from + term.characters.length });
        }
      }
    }
    return missing.size > 0 ? null : toHighlights(matches, folded);
  }
}

/** Where a term may begin: at a word's begin; anywhere in an unspaced script; of symbols, where a grapheme begins. */
function* startsWithin({ kind, from, to }: Run, { starts }: FoldedText): Generator<number> {
  yield from;
  if (kind === 'word') return;
  for (let index = from + 1; index < to; index += 1) {
    if (kind === 'unspaced' || starts[index] !== starts[index - 1]) yield index;
  }
}

/** Characters have one kind, so a term that fits into a run is of its kind. */
function isAt({ characters }: Term, within: readonly number[], from: number, to: number): boolean {
  return from + characters.length <= to && characters.every((character, index) => within[from + index] === character);
}

/** Whole graphemes; those that overlap or touch are one. */
function toHighlights(matches: readonly Match[], { starts, ends }: FoldedText): Highlight[] {
  const parts = matches.map(({ from, to }) => ({ start: starts[from]!, end: ends[to - 1]! }));
  parts.sort((a, b) => a.start - b.start);
  const merged: { start: number; end: number }[] = [];
  for (const part of parts) {
    const last = merged.at(-1);
    if (last !== undefined && part.start <= last.end) last.end = Math.max(last.end, part.end);
    else merged.push(part);
  }
  return merged.map(({ start, end }) => ({ start, length: end - start }));
}
