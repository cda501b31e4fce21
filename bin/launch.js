import { spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

// Plain JavaScript that an old Node can read: it runs before anything else, to say which Node is needed.

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const NEEDED = [24, 18, 1];
const SOURCES = ['server', 'clients', 'migrations', 'proto/gen'];

/**
 * Runs one of the package's programs, on a Node that can.
 *
 * On an older Node the program is run by the Node that npm installed beside the package's tools; without one, the
 * process ends with a message. What runs is dist/ as `npm run build` left it, or, when there is none or a source has
 * been changed since, the TypeScript itself.
 *
 * @param {string} main the program's path in the sources, without its ending: `server/main`
 */
export async function launch(main) {
  if (isOldNode(process.versions.node)) return runOnInstalledNode();
  delete process.env.PARLEY_LAUNCHED_BY;
  if (isBuilt(main)) return await import(pathToFileURL(join(ROOT, 'dist', `${main}.js`)).href);
  const { register } = await import('tsx/esm/api');
  register();
  return await import(pathToFileURL(join(ROOT, `${main}.ts`)).href);
}

/** @param {string} version */
function isOldNode(version) {
  const parts = version.split('.').map(Number);
  for (const [index, needed] of NEEDED.entries()) {
    if (parts[index] !== needed) return parts[index] < needed;
  }
  return false;
}

function runOnInstalledNode() {
  const node = join(ROOT, 'node_modules/.bin/node');
  if (!existsSync(node) || process.env.PARLEY_LAUNCHED_BY !== undefined) {
    process.stderr.write(
      `Parley needs Node ${NEEDED.join('.')} or newer, and this is ${process.versions.node}. ` +
        'In a clone, `npm ci` on x86-64 Linux installs one for Parley alone.\n',
    );
    process.exit(1);
  }
  const child = spawn(node, [...process.execArgv, ...process.argv.slice(1)], {
    stdio: 'inherit',
    // Stops a loop, should the installed Node be an old one too.
    env: { ...process.env, PARLEY_LAUNCHED_BY: process.versions.node },
  });
  // A terminal sends its own signals to both processes; passing them on would deliver them twice.
  const fromTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY ? ['SIGINT', 'SIGHUP'] : [];
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2']) {
    process.on(signal, () => fromTerminal.includes(signal) || child.kill(signal));
  }
  child.on('error', (error) => {
    process.stderr.write(`${node}: ${error.message}\n`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal ?? 'SIGKILL']));
}

/** Whether dist/ holds the program, and no source is newer than the build. A few milliseconds for 500 files. */
function isBuilt(main) {
  if (!existsSync(join(ROOT, 'dist', `${main}.js`))) return false;
  const built = statSync(join(ROOT, 'dist/.built'), { throwIfNoEntry: false });
  return built !== undefined && SOURCES.every((folder) => !hasNewer(join(ROOT, folder), built.mtimeMs));
}

function hasNewer(folder, timeMs) {
  if (!existsSync(folder)) return false;
  return readdirSync(folder, { withFileTypes: true, recursive: true }).some(
    (entry) =>
      entry.isFile() &&
      entry.name.endsWith('.ts') &&
      !entry.name.endsWith('.test.ts') &&
      statSync(join(entry.parentPath, entry.name)).mtimeMs > timeMs,
  );
}
