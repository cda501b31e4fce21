import type { CharacterKind } from './character-kinds.ts';
import { foldText } from './fold-text.ts';
import { runsOf } from './runs.ts';

/** No character has so many; two of them make a number below 2^42. */
const CHARACTERS = 2 ** 21;
/** Beginnings of words are hashes of 52 bits above this: those of all lengths are apart from pairs. */
const BEGINNINGS = 2 ** 52;
/** A word is found by its longest beginning of one of these lengths; then it is looked at. */
const LENGTHS: ReadonlySet<number> = new Set([1, 2, 3, 4, 5, 6, 8, 10, 12, 16]);
const LONGEST = Math.max(...LENGTHS);

/**
 * The grams of a text, each once: what the index holds of it. Of words, as they are found by their beginnings, their
 * beginnings: pairs of letters would be no fewer, and every long text has most of them. Of everything else each character
 * and each pair of neighbours.
 */
export function gramsOf(text: string): number[] {
  const { characters } = foldText(text);
  const grams = new Set<number>();
  for (const { kind, from, to } of runsOf(characters)) {
    const run = characters.slice(from, to);
    for (const gram of kind === 'word' ? beginnings(run) : [...run.map(single), ...pairs(run)]) grams.add(gram);
  }
  return [...grams];
}

/** The grams that a text has for sure if a run of this kind begins with the characters (a word), or has them within. */
export function requiredGrams(kind: CharacterKind, characters: readonly number[]): number[] {
  if (kind === 'word') return beginnings(characters).slice(-1);
  return characters.length > 1 ? pairs(characters) : characters.map(single);
}

function single(character: number): number {
  return character * CHARACTERS;
}

function pairs(characters: readonly number[]): number[] {
  return characters.slice(1).map((second, index) => characters[index]! * CHARACTERS + second);
}

/** From the shortest to the longest. Two that share a number cost a look at the text, no wrong result. */
function beginnings(characters: readonly number[]): number[] {
  let [low, high] = [0x2545f491, 0x9e3779b9];
  return characters.slice(0, LONGEST).flatMap((character, index) => {
    low = Math.imul(low ^ character, 0x01000193);
    high = Math.imul(high ^ character ^ (low >>> 15), 0x5bd1e995);
    return LENGTHS.has(index + 1) ? BEGINNINGS + (high >>> 6) * 2 ** 26 + (low >>> 6) : [];
  });
}
