import { describe, expect, test } from '@jest/globals';

import { DECOY_HASH, PasswordHasher } from './password-hasher.ts';

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

  test('runs no more at once than it may: the others wait their turn', async () => {
    const hasher = new PasswordHasher({ concurrency: 1, queueLimit: 10 });
    const finished: number[] = [];
    // The later ones are the shorter work: side by side they would be done first.
    const lengths = [8_000_000, 1, 1];
    await Promise.all(lengths.map((length, n) => hasher.hash('x'.repeat(length)).then(() => finished.push(n))));
    expect(finished).toEqual([0, 1, 2]);
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

  test('it counts against the same bound', async () => {
    const hasher = new PasswordHasher({ concurrency: 1, queueLimit: 1 });
    const told = await Promise.allSettled([hasher.verify(PASSWORD, undefined), hasher.verify(PASSWORD, undefined)]);
    expect(told.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  });
});
