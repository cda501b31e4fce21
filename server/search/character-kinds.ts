/**
 * What a folded character is to the search. `word`: a letter, mark or digit of a script that puts spaces between words;
 * `unspaced`: of one that doesn't; `symbol`: what is neither letter nor punctuation, such as an emoji.
 */
export type CharacterKind = 'word' | 'unspaced' | 'symbol';

const UNSPACED =
  /^[[\p{L}\p{M}\p{N}]&&[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Bopomofo}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}\p{scx=Tai_Le}\p{scx=New_Tai_Lue}\p{scx=Tai_Tham}\p{scx=Tai_Viet}]]$/v;
const WORD = /^[\p{L}\p{M}\p{N}]$/u;
/** With the tags of flags. */
const SYMBOL = /^[\p{S}\u{e0020}-\u{e007f}]$/u;

const KINDS: readonly (CharacterKind | null)[] = ['word', 'unspaced', 'symbol', null];

/** By code point: 1 + the index in KINDS; 0 where it has not been asked for yet. */
const known = new Uint8Array(0x110000);

/** The kind of a folded character; null: it separates, and is not searched for. */
export function kindOf(codePoint: number): CharacterKind | null {
  known[codePoint] ||= 1 + KINDS.indexOf(judge(String.fromCodePoint(codePoint)));
  return KINDS[known[codePoint] - 1]!;
}

function judge(character: string): CharacterKind | null {
  if (UNSPACED.test(character)) return 'unspaced';
  if (WORD.test(character)) return 'word';
  return SYMBOL.test(character) ? 'symbol' : null;
}
