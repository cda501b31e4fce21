import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { deleteProfile, loadProfile, profilePath, saveProfile } from './profile.ts';

describe('profile', () => {
  let home: string;
  const profile = { server: 'h:1', token: 't', userId: 3, name: 'ann' };

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'parley-profile-'));
  });

  afterEach(() => rm(home, { recursive: true }));

  test('comes back as it was saved, for the user alone, and nothing is left beside it', async () => {
    const path = profilePath('work', { XDG_CONFIG_HOME: home });
    expect(path).toBe(join(home, 'parley', 'work.json'));
    expect(await loadProfile(path)).toBeUndefined();
    await saveProfile(path, { ...profile, name: 'old' });
    await saveProfile(path, profile);
    expect(await loadProfile(path)).toEqual(profile);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(home, 'parley'))).toEqual(['work.json']);
    await deleteProfile(path);
    await deleteProfile(path);
    expect(await loadProfile(path)).toBeUndefined();
  });

  test.each(['', '../x', '.hidden', 'a/b', 'a'.repeat(65)])('is not named %j', (name) => {
    expect(() => profilePath(name, {})).toThrow('a profile is named');
  });

  test.each(['', '{', 'null', '{"token":1}'])('that reads %j says what to do', async (content) => {
    const path = join(home, 'p.json');
    await writeFile(path, content);
    await expect(loadProfile(path)).rejects.toThrow('parley login NAME');
  });
});
