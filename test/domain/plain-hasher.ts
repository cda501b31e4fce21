import { PasswordHasher } from '../../server/accounts/password-hasher.ts';

let salt = 0;

/** Hashes that cost nothing, and like real ones are never the same twice. */
export function plainHasher(): PasswordHasher {
  return new PasswordHasher(
    { concurrency: 10, queueLimit: 1_000 },
    {
      hash: async (password) => `${(salt += 1)}:${password}`,
      verify: async (passwordHash, password) => passwordHash.slice(passwordHash.indexOf(':') + 1) === password,
    },
  );
}
