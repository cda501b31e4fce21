import { invalidField } from './errors.ts';

export interface LabelLimits {
  /** In code points. */
  readonly min: number;
  readonly max: number;
  readonly lines?: boolean;
}

/** What a terminal acts on, and what turns the text around it: controls, and overrides and isolates of direction. */
const UNSAFE = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;
const UNSAFE_LINES = /[^\P{Cc}\n]|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;
/** Letters that are shown as nothing, and the empty Braille cell, don't count. */
const VISIBLE = /[[\p{L}\p{N}\p{P}\p{S}]--[\p{Default_Ignorable_Code_Point}\u2800]]/v;

/** A text that people are shown: so many characters, without surprises. @throws DomainError INVALID_FIELD */
export function checkLabel(text: string, field: string, { min, max, lines = false }: LabelLimits): string {
  // A code point is at most two units: what is longer need not be counted.
  const length = text.length > 2 * max ? Infinity : [...text].length;
  const safe = !(lines ? UNSAFE_LINES : UNSAFE).test(text) && (min === 0 || VISIBLE.test(text));
  if (length < min || length > max || !safe) {
    throw invalidField(field, `${min} to ${max} characters, no control characters${lines ? ' but line feeds' : ''}`);
  }
  return text;
}
