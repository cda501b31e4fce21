import { hash, verify } from '@node-rs/argon2';
import { Semaphore } from 'async-mutex';

import { DomainError } from '../lib/errors.ts';

/** argon2id (the library's default algorithm) with OWASP's minimum. */
const PARAMETERS = { memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 } as const;

/** A hash that no password is known to have, at the same cost: what is verified where there is no such user. */
export const DECOY_HASH =
  `$argon2id$v=19$m=${PARAMETERS.memoryCost},t=${PARAMETERS.timeCost},p=${PARAMETERS.parallelism}` +
  `$${'A'.repeat(22)}$${'A'.repeat(43)}`;

export interface PasswordHasherOptions {
  /** Hashes at the same time: each takes 19 MiB and a core for about 20 ms. */
  readonly concurrency: number;
  /** Hashes that may wait or be under way; one more is refused. */
  readonly queueLimit: number;
}

/** What does the work. */
export interface Argon2 {
  hash(password: string, parameters: typeof PARAMETERS): Promise<string>;
  verify(passwordHash: string, password: string): Promise<boolean>;
}

/** Hashes passwords with bounded work, so that a login flood takes neither the memory nor all cores. */
export class PasswordHasher {
  readonly #argon2: Argon2;
  readonly #slots: Semaphore;
  readonly #queueLimit: number;
  #waiting = 0;

  constructor(options: PasswordHasherOptions, argon2: Argon2 = { hash, verify }) {
    this.#argon2 = argon2;
    this.#slots = new Semaphore(options.concurrency);
    this.#queueLimit = options.queueLimit;
  }

  /** @throws DomainError OVERLOADED */
  hash(password: string): Promise<string> {
    return this.#run(() => this.#argon2.hash(password, PARAMETERS));
  }

  /**
   * Whether the password has this hash. Without a hash (no such user) it does the same work, and the answer is no.
   *
   * @throws DomainError OVERLOADED
   */
  async verify(password: string, passwordHash: string | undefined): Promise<boolean> {
    const matches = await this.#run(() => this.#argon2.verify(passwordHash ?? DECOY_HASH, password));
    return matches && passwordHash !== undefined;
  }

  async #run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#waiting >= this.#queueLimit) {
      throw new DomainError('OVERLOADED', 'too many logins at once; try again shortly', { retryAfterMs: 1_000 });
    }
    this.#waiting += 1;
    try {
      return await this.#slots.runExclusive(work);
    } finally {
      this.#waiting -= 1;
    }
  }
}
