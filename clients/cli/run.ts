import { CommanderError } from 'commander';
import type { Command } from 'commander';
import { ParleyError } from '../node/index.ts';
import { DEFAULT_SERVER, profilePathOf } from './account-session.ts';
import type { GlobalOptions } from './account-session.ts';
import { CliError, explain } from './cli-error.ts';
import { loadProfile } from './profile.ts';
import { createProgram } from './program.ts';

/** Runs a command line. Returns the exit code: 0 for success, 1 for a failure, 2 for wrong usage. */
export async function run(args: readonly string[]): Promise<number> {
  const program = createProgram();
  try {
    await program.parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    // Commander has told already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    process.stderr.write(`parley: ${explain(error, await serverOf(program))}\n`);
    if (process.env['PARLEY_DEBUG'] === '1' && error instanceof Error) process.stderr.write(`${error.stack}\n`);
    if (!(error instanceof CliError || error instanceof ParleyError) && process.env['PARLEY_DEBUG'] !== '1') {
      process.stderr.write('(PARLEY_DEBUG=1 shows where)\n');
    }
    return error instanceof CliError ? error.exitCode : 1;
  }
}

async function serverOf(program: Command): Promise<string> {
  const { server } = program.opts<GlobalOptions>();
  if (server !== undefined) return server;
  try {
    return (await loadProfile(profilePathOf(program)))?.server ?? DEFAULT_SERVER;
  } catch {
    return DEFAULT_SERVER;
  }
}
