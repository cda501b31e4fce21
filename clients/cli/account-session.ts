import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { ParleyApi, ParleyClient } from '../node/index.ts';
import type { ConnectOptions, Endpoint } from '../node/index.ts';
import { CliError } from './cli-error.ts';
import { loadProfile, profilePath } from './profile.ts';
import type { Profile } from './profile.ts';

export const DEFAULT_SERVER = '127.0.0.1:50051';
const DEFAULT_PROFILE = 'default';

/** The options that every command takes. */
export interface GlobalOptions {
  readonly server?: string;
  readonly profile?: string;
  readonly tls?: boolean;
  readonly ca?: string;
}

/** Where a command's profile lies. */
export function profilePathOf(command: Command): string {
  return profilePath(command.optsWithGlobals<GlobalOptions>().profile ?? DEFAULT_PROFILE, process.env);
}

/** The server that a command talks to: `--server` or PARLEY_SERVER, else where the profile was logged in. */
export async function endpointOf(command: Command, profile?: Profile): Promise<Endpoint> {
  const { server, tls, ca } = command.optsWithGlobals<GlobalOptions>();
  const address = server ?? profile?.server ?? DEFAULT_SERVER;
  if (ca !== undefined) return { address, tls: { rootCertificates: await readFile(ca) } };
  return { address, tls: tls ?? false };
}

/** The profile of the user who is logged in. */
export async function requireProfile(command: Command): Promise<Profile> {
  const profile = await loadProfile(profilePathOf(command));
  if (!profile) throw new CliError('not logged in: parley login NAME (or parley register NAME)');
  return profile;
}

/** Runs `action` with the unary calls of the user who is logged in. */
export async function withApi(
  command: Command,
  action: (api: ParleyApi, profile: Profile) => Promise<void>,
): Promise<void> {
  const profile = await requireProfile(command);
  using api = new ParleyApi({ ...(await endpointOf(command, profile)), token: profile.token });
  await action(api, profile);
}

/** Opens the live connection of the user who is logged in. Close it. */
export async function connectClient(command: Command, options: Partial<ConnectOptions> = {}): Promise<ParleyClient> {
  const profile = await requireProfile(command);
  const endpoint = await endpointOf(command, profile);
  return await ParleyClient.connect({ ...endpoint, token: profile.token, deviceName: 'parley-cli', ...options });
}
