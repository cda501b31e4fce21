/** A text as the search compares it. The three lists are of one length: an item for each folded character. */
export interface FoldedText {
  /** Code points. */
  readonly characters: readonly number[];
  /** Where the grapheme that a character comes from begins and ends in the text, in code points. */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });

/** In ASCII every character is its own grapheme, but for a line's end, which nobody searches for. */
const ASCII = /^[\0-\x7f]*$/;

/**
 * What doesn't count: diacritics of Latin, Greek and Cyrillic, Hebrew points, Arabic harakat and the tatweel, enclosing
 * marks, and what is shown as nothing. Vowel signs and voicing marks of other scripts do count: they are the word. So
 * do the tags that make one black flag another.
 */
const IGNORED =
  /[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0640\u064b-\u0652\u0656-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u20d0-\u20ff]|[\p{Default_Ignorable_Code_Point}--[\u{e0020}-\u{e007f}]]/gv;

/** Letters whose stroke or ligature is part of the letter, as Unicode has it; people type them without. */
const PLAIN: Readonly<Record<string, string>> = { ł: 'l', ø: 'o', đ: 'd', ħ: 'h', ŧ: 't', æ: 'ae', œ: 'oe' };
const STROKED = new RegExp(`[${Object.keys(PLAIN).join('')}]`, 'g');

/**
 * Folds a text for searching: case (fully: ß is ss), diacritics, width and other compatibility forms are gone. Grapheme
 * by grapheme, so that each folded character is known to come from a part of the text that can be shown as such.
 */
export function foldText(text: string): FoldedText {
  if (ASCII.test(text)) return foldAscii(text);
  const characters: number[] = [];
  const starts: number[] = [];
  const ends: number[] = [];
  let start = 0;
  for (const { segment } of graphemes.segment(text)) {
    const end = start + countCodePoints(segment);
    for (const character of foldGrapheme(segment)) {
      characters.push(character.codePointAt(0)!);
      starts.push(start);
      ends.push(end);
    }
    start = end;
  }
  return { characters, starts, ends };
}

function foldAscii(text: string): FoldedText {
  const lower = text.toLowerCase();
  const characters = Array.from({ length: lower.length }, (_, index) => lower.charCodeAt(index));
  return { characters, starts: [...characters.keys()], ends: characters.map((_, index) => index + 1) };
}

function foldGrapheme(grapheme: string): string {
  if (ASCII.test(grapheme)) return grapheme.toLowerCase();
  const bare = grapheme.normalize('NFKD').replace(IGNORED, '');
  // There is no case folding in the language. Twice lower: ẞ has itself as its upper case, and a final sigma is a sigma.
  const folded = bare.toLowerCase().toUpperCase().toLowerCase();
  return folded.replace(STROKED, (letter) => PLAIN[letter]!).normalize('NFC');
}

/** The number of code points. */
export function countCodePoints(text: string): number {
  let count = 0;
  for (const _codePoint of text) count += 1;
  return count;
}
