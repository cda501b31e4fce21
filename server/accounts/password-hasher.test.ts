import { describe, expect, test } from '@jest/globals';

import { type Argon2, DECOY_HASH, PasswordHasher } from './password-hasher.ts';

const PASSWORD = 'correct horse';

describe('hashing', () => {
  test('tells the password from every other', async () => {
    const hasher = new PasswordHasher({ concurrency: 2, queueLimit: 10 });
    const hash = await hasher.hash(PASSWORD);
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await hasher.hash(PASSWORD)).not.toBe(hash);
    expect(await hasher.verify(PASSWORD, hash)).toBe(true);
    for (const wrong of ['', 'Correct horse', `${PASSWORD} `, `${PASSWORD}\u0000`]) {
      expect(await hasher.verify(wrong, hash)).toBe(false);
    }
  });

  test('is bounded: one too many is refused at once, and what was let in is done', async () => {
    const hasher = new PasswordHasher({ concurrency: 1, queueLimit: 3 });
    const told = await Promise.allSettled(Array.from({ length: 5 }, () => hasher.hash(PASSWORD)));
    expect(told.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'rejected']);
    const overloaded = { reason: 'OVERLOADED', retryAfterMs: 1_000 };
    for (const result of told) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject(overloaded);
    }
    expect(await hasher.verify(PASSWORD, await hasher.hash(PASSWORD))).toBe(true);
  });

  test('runs no more at once than it may, of either kind, and all in the end', async () => {
    let [running, most] = [0, 0];
    const work = async <T>(result: T): Promise<T> => {
      running += 1;
      most = Math.max(most, running);
      await new Promise<void>((resolve) => setImmediate(resolve));
      running -= 1;
      return result;
    };
    const counting: Argon2 = { hash: () => work('hash'), verify: () => work(true) };
    const hasher = new PasswordHasher({ concurrency: 3, queueLimit: 100 }, counting);
    const results = await Promise.all(
      Array.from({ length: 100 }, (_, n) =>
        n % 2 === 0 ? hasher.hash(PASSWORD) : hasher.verify(PASSWORD, n % 3 === 0 ? undefined : 'hash'),
      ),
    );
    expect(results).toHaveLength(100);
    expect(most).toBe(3);
  });
});

describe('where there is no such user', () => {
  test('verifying is the same work, and the answer is no', async () => {
    const hasher = new PasswordHasher({ concurrency: 1, queueLimit: 1 });
    const real = await hasher.hash(PASSWORD);
    const costOf = (hash: string) => hash.split('$').slice(0, 4);
    expect(costOf(DECOY_HASH)).toEqual(costOf(real));
    expect(DECOY_HASH).toHaveLength(real.length);
    expect(await hasher.verify(PASSWORD, undefined)).toBe(false);
  });

  test('the answer is no even to a password that the decoy would take', async () => {
    const verified: string[] = [];
    const lenient: Argon2 = {
      hash: async () => '',
      verify: async (hash) => verified.push(hash) > 0,
    };
    const hasher = new PasswordHasher({ concurrency: 1, queueLimit: 1 }, lenient);
    expect([await hasher.verify(PASSWORD, 'real'), await hasher.verify(PASSWORD, undefined)]).toEqual([true, false]);
    expect(verified).toEqual(['real', DECOY_HASH]);
  });

  test('it counts against the same bound', async () => {
    const hasher = new PasswordHasher({ concurrency: 1, queueLimit: 1 });
    const told = await Promise.allSettled([hasher.verify(PASSWORD, undefined), hasher.verify(PASSWORD, undefined)]);
    expect(told.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  });
});
