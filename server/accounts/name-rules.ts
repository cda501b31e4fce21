import { invalidField } from '../lib/errors.ts';

const NAME = /^[\p{L}\p{Nd}._-]{3,32}$/u;

/**
 * A name as it is kept: NFKC. 3 to 32 code points: Unicode letters and digits, `.`, `_`, `-`.
 *
 * @throws DomainError INVALID_FIELD
 */
export function checkName(name: string, field = 'name'): string {
  const normal = name.normalize('NFKC');
  if (!NAME.test(normal)) throw invalidField(field, '3 to 32 characters: letters, digits, ".", "_" or "-"');
  return normal;
}

/**
 * What decides whether two names are the same: NFKC and case folding. Upper case before lower case makes one of ß
 * and ss, and of the two lower-case sigmas, as full case folding does.
 */
export function foldName(name: string): string {
  return name.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC');
}
