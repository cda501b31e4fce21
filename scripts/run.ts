import { spawn, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { delimiter, join } from 'node:path';

/** The repository's root. */
export const ROOT = join(import.meta.dirname, '..');

/** The environment with the tools of node_modules first in PATH, and with them the Node that they need. */
function toolEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: [join(ROOT, 'node_modules/.bin'), process.env['PATH'] ?? ''].join(delimiter) };
}

/** Runs a command in the root, its output shown as it comes. Gives the exit code; 1 when a signal ended it. */
export async function run(command: string, args: readonly string[], options: SpawnOptions = {}): Promise<number> {
  const child = spawn(command, args, { cwd: ROOT, stdio: 'inherit', env: toolEnvironment(), ...options });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

/** The same, for what must not fail. @throws Error that names the command. */
export async function mustRun(command: string, args: readonly string[], options: SpawnOptions = {}): Promise<void> {
  const code = await run(command, args, options);
  if (code !== 0) throw new Error(`${command} ${args[0] ?? ''} ended with exit code ${code}`);
}
