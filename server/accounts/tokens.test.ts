import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { RecordingBus, silentEvents } from '../../test/domain/domain.ts';
import { ManualClock } from '../../test/domain/manual-clock.ts';
import { makeTempFolder, removeTempFolder } from '../../test/setup/temp-folder.ts';
import { systemClock } from '../lib/clock.ts';
import { openStore } from '../store/open-store.ts';
import { Accounts } from './accounts.ts';
import { PasswordHasher } from './password-hasher.ts';
import { Sessions } from './sessions.ts';
import { createToken, hashToken, looksLikeToken } from './tokens.ts';

describe('a token', () => {
  test('is 256 bits, each of them random', () => {
    const tokens = Array.from({ length: 256 }, createToken);
    expect(new Set(tokens).size).toBe(tokens.length);
    const bytes = tokens.map((token) => Buffer.from(token, 'base64url'));
    for (const each of bytes) expect(each).toHaveLength(32);
    // A bit that is the same in 256 tokens is fixed: by chance that happens once in 2^247 runs.
    const or = bytes.reduce((a, b) => Buffer.from(a.map((byte, n) => byte | (b[n] ?? 0))));
    const and = bytes.reduce((a, b) => Buffer.from(a.map((byte, n) => byte & (b[n] ?? 0))));
    expect([or.toString('hex'), and.toString('hex')]).toEqual(['ff'.repeat(32), '00'.repeat(32)]);
  });

  test('is told by its form before anything is looked up', () => {
    const token = createToken();
    expect(looksLikeToken(token)).toBe(true);
    for (const other of ['', token.slice(1), `${token}A`, `${token}\n`, `${token.slice(1)}=`, `${token.slice(1)}+`]) {
      expect(looksLikeToken(other)).toBe(false);
    }
  });
});

describe('in the database’s files', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await makeTempFolder('tokens');
  });

  afterEach(() => removeTempFolder(folder));

  async function everyByte(): Promise<Buffer> {
    const files = await readdir(folder);
    return Buffer.concat(await Promise.all(files.map((file) => readFile(join(folder, file)))));
  }

  test('there is the hash of a token, and neither the token nor the password, however it is written', async () => {
    const password = 'correct horse battery staple';
    const clock = new ManualClock();
    const [bus, events] = [new RecordingBus(), silentEvents];
    await using store = await openStore({
      url: `sqlite:${join(folder, 'parley.db')}`,
      migrate: true,
      clock: systemClock,
    });
    await using sessions = new Sessions({ store, bus, clock, events }, { idleTtlMs: 3_600_000 });
    const hasher = new PasswordHasher({ concurrency: 1, queueLimit: 10 });
    const accounts = new Accounts({ store, sessions, hasher, clock, events });
    await accounts.register('ann', password);
    const { token } = await accounts.login({ name: 'ann' }, password, 'laptop');
    clock.advance(60_000);
    await sessions.authenticate(token);

    const raw = Buffer.from(token, 'base64url');
    const bytes = await everyByte();
    expect(bytes.includes(Buffer.from(hashToken(token)))).toBe(true);
    expect(bytes.includes('laptop')).toBe(true);
    const secrets = [raw, token, raw.toString('base64'), raw.toString('hex'), raw.toString('hex').toUpperCase()];
    for (const secret of [...secrets, password]) expect(bytes.includes(secret)).toBe(false);
  });
});
