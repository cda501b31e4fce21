import { invalidField } from '../lib/errors.ts';
import type { CharacterKind } from './character-kinds.ts';
import { countCodePoints, foldText } from './fold-text.ts';
import { requiredGrams } from './grams.ts';
import { runsOf } from './runs.ts';

export const MAX_QUERY_CHARACTERS = 256;
/** More would cost more lookups than they save candidates. */
const MAX_GRAMS = 6;

/** What has to be in a text: a word's beginning, or characters side by side; folded. */
export interface Term {
  readonly kind: CharacterKind;
  readonly characters: readonly number[];
}

/** The terms of a query, each once. @throws DomainError INVALID_FIELD */
export function parseQuery(query: string): Term[] {
  // A code point is at most two units: what is longer need not be counted.
  const length = query.length > 2 * MAX_QUERY_CHARACTERS ? Infinity : countCodePoints(query);
  if (length < 1 || length > MAX_QUERY_CHARACTERS) {
    throw invalidField('query', `1 to ${MAX_QUERY_CHARACTERS} characters`);
  }
  const { characters } = foldText(query);
  const terms = new Map<string, Term>();
  for (const { kind, from, to } of runsOf(characters)) {
    const term = { kind, characters: characters.slice(from, to) };
    terms.set(term.characters.join(), term);
  }
  if (terms.size === 0) throw invalidField('query', 'at least one letter, digit or symbol');
  return [...terms.values()];
}

/**
 * A few grams that every text with all of the terms has: of each term in turn, the longest first, and of a term those
 * that lie far apart.
 */
export function gramsToFind(terms: readonly Term[]): number[] {
  const longestFirst = terms.toSorted((a, b) => b.characters.length - a.characters.length);
  const ofTerms = longestFirst.map(({ kind, characters }) => farApart(requiredGrams(kind, characters)));
  const found = new Set<number>();
  for (let round = 0; round < MAX_GRAMS; round += 1) {
    for (const grams of ofTerms) {
      const gram = grams[round];
      if (gram !== undefined && found.size < MAX_GRAMS) found.add(gram);
    }
  }
  return [...found];
}

/** The last, the first, the middle, then the middles of what lies between: at most as many as are looked for. */
function farApart(grams: readonly number[]): number[] {
  const last = grams.length - 1;
  const places = [1, 0, 1 / 2, 1 / 4, 3 / 4, 1 / 8].map((part) => Math.round(part * last));
  return [...new Set(places)].map((place) => grams[place]!);
}
