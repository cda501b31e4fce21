import { invalidField } from '../lib/errors.ts';

/** The fields that an update names, each one of those that can be changed. @throws DomainError INVALID_FIELD */
export function readUpdateMask<Path extends string>(
  mask: readonly string[] | undefined,
  allowed: readonly Path[],
): ReadonlySet<Path> {
  const named = new Set<Path>();
  for (const path of mask ?? []) {
    const known = allowed.find((candidate) => candidate === path);
    if (known === undefined) throw invalidMask(allowed);
    named.add(known);
  }
  if (named.size === 0) throw invalidMask(allowed);
  return named;
}

function invalidMask(allowed: readonly string[]) {
  return invalidField('update_mask', `one or more of ${allowed.join(', ')}`);
}
