import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { CliError } from './cli-error.ts';

/** Who is logged in, and where. The password is never kept. */
export interface Profile {
  readonly server: string;
  readonly token: string;
  readonly userId: number;
  readonly name: string;
}

/** Where a profile lies: `$XDG_CONFIG_HOME/parley/<name>.json`. */
export function profilePath(name: string, env: NodeJS.ProcessEnv): string {
  if (!/^[\p{L}\p{N}_-][\p{L}\p{N}._-]{0,63}$/u.test(name)) {
    throw new CliError('a profile is named by letters, digits, ".", "_" and "-"', { exitCode: 2 });
  }
  return join(env['XDG_CONFIG_HOME'] || join(homedir(), '.config'), 'parley', `${name}.json`);
}

/** The profile, or undefined where nobody is logged in. */
export async function loadProfile(path: string): Promise<Profile | undefined> {
  let json: string;
  try {
    json = await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  const profile = parse(json);
  if (!profile) throw new CliError(`${path} can not be read: parley login NAME writes it anew`);
  return profile;
}

/** Writes the profile, for the user's eyes only, as a whole or not at all. */
export async function saveProfile(path: string, profile: Profile): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomUUID()}`;
  try {
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.writeFile(`${JSON.stringify(profile, undefined, 2)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

export async function deleteProfile(path: string): Promise<void> {
  await rm(path, { force: true });
}

function parse(json: string): Profile | undefined {
  let value: Partial<Record<keyof Profile, unknown>> | null;
  try {
    value = JSON.parse(json) as typeof value;
  } catch {
    return undefined;
  }
  const { server, token, userId, name } = value ?? {};
  return typeof server === 'string' &&
    typeof token === 'string' &&
    typeof userId === 'number' &&
    typeof name === 'string'
    ? { server, token, userId, name }
    : undefined;
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}
