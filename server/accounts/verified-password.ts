import type { Store } from '../store/seam/store.ts';
import type { PasswordHasher } from './password-hasher.ts';
import { credentialsInvalid } from './password-rules.ts';

/**
 * Lets a user show their password once more; gives the hash that it was verified by, for a compare-and-set.
 *
 * @throws DomainError CREDENTIALS_INVALID, OVERLOADED
 */
export async function verifiedPassword(
  { store, hasher }: { readonly store: Store; readonly hasher: PasswordHasher },
  userId: number,
  password: string,
): Promise<string> {
  const credentials = await store.accounts.credentials({ id: userId });
  const passwordHash = credentials?.deleted ? undefined : credentials?.passwordHash;
  if (!(await hasher.verify(password, passwordHash)) || passwordHash === undefined) throw credentialsInvalid();
  return passwordHash;
}
