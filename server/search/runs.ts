import { type CharacterKind, kindOf } from './character-kinds.ts';

/** Characters of one kind side by side: from one index to another of a folded text, the end excluded. */
export interface Run {
  readonly kind: CharacterKind;
  readonly from: number;
  readonly to: number;
}

/** The runs of a folded text, in order. What separates them is in none. */
export function runsOf(characters: readonly number[]): Run[] {
  const runs: Run[] = [];
  for (let from = 0, to = 0; from < characters.length; from = to) {
    const kind = kindOf(characters[from]!);
    for (to = from + 1; to < characters.length && kindOf(characters[to]!) === kind; to += 1);
    if (kind !== null) runs.push({ kind, from, to });
  }
  return runs;
}
