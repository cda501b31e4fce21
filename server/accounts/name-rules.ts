import { invalidField } from '../lib/errors.ts';

/** In UTF-16 units, before normalizing: sorting the marks of a hostile text takes quadratic time. */
const MAX_RAW_LENGTH = 256;
/** Unicode counts some fillers as letters that nobody sees: a name with them would look like another one. */
const NAME = /^[[\p{L}\p{Nd}._\-]--\p{Default_Ignorable_Code_Point}]{3,32}$/v;

/**
 * A name as it is kept: NFKC. 3 to 32 code points: Unicode letters and digits, `.`, `_`, `-`.
 *
 * @throws DomainError INVALID_FIELD
 */
export function checkName(name: string, field = 'name'): string {
  const normal = name.length > MAX_RAW_LENGTH ? '' : name.normalize('NFKC');
  if (!NAME.test(normal)) throw invalidField(field, '3 to 32 characters: letters, digits, ".", "_" or "-"');
  return normal;
}

/**
 * What decides whether two names are the same: NFKC and case folding. Upper case before lower case makes one of ß
 * and ss, and of the two lower-case sigmas, as full case folding does; lower case before both, as ẞ has no upper case.
 * A text too long to be a name gives '', which is nobody's.
 */
export function foldName(name: string): string {
  if (name.length > MAX_RAW_LENGTH) return '';
  return name.normalize('NFKC').toLowerCase().toUpperCase().toLowerCase().normalize('NFKC');
}
