import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Debian's own Python: another one may come first in PATH, without Debian's modules. */
export const DEBIAN_PYTHON = '/usr/bin/python3';

/** Debian's packages that tests use, and what tells that each is there. */
const NEEDED: readonly { readonly name: string; readonly isThere: () => Promise<boolean> }[] = [
  { name: 'mariadb-server', isThere: () => haveCommands('mariadbd', 'mariadb-install-db') },
  { name: 'redis-server', isThere: () => haveCommands('redis-server') },
  { name: 'nginx', isThere: () => haveCommands('nginx') },
  { name: 'openssl', isThere: () => haveCommands('openssl') },
  { name: 'python3-grpcio', isThere: () => havePythonModule('grpc') },
  { name: 'python3-protobuf', isThere: () => havePythonModule('google.protobuf') },
  { name: 'protobuf-compiler', isThere: () => haveCommands('protoc') },
  { name: 'protobuf-compiler-grpc', isThere: () => haveCommands('grpc_python_plugin') },
];

/** Installs without starting a service: packages ask policy-rc.d first, and 101 means "not allowed". */
const INSTALL = `
export DEBIAN_FRONTEND=noninteractive
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 130' INT TERM
  printf '#!/bin/sh\\nexit 101\\n' > "$policy"
  chmod 755 "$policy"
fi
apt-get -qq -o DPkg::Lock::Timeout=300 update
apt-get -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 install -y --no-install-recommends "$@"
`;

/**
 * Sees to it that the programs that tests start are installed. On Debian and its kin, as root or with a sudo that
 * asks nothing, what is missing is installed; no service is started.
 *
 * @throws Error that names the packages to install.
 */
export async function ensurePackages(): Promise<void> {
  const missing = await missingPackages();
  if (missing.length === 0) return;
  const asRoot = (await haveCommands('apt-get')) ? await rootPrefix() : undefined;
  if (asRoot === undefined) throw new Error(`the tests need these packages, please install them: ${missing.join(' ')}`);

  process.stderr.write(`Installing what the tests need (a minute or less, once): ${missing.join(' ')}\n`);
  const [command = 'sh', ...args] = [...asRoot, 'sh', '-euc', INSTALL, 'install', ...missing];
  const installer = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const output: Buffer[] = [];
  for (const stream of [installer.stdout, installer.stderr]) stream.on('data', (chunk: Buffer) => output.push(chunk));
  const [exitCode] = (await once(installer, 'close')) as [number | null];
  const stillMissing = await missingPackages();
  if (exitCode === 0 && stillMissing.length === 0) return;
  throw new Error(
    `could not install ${(stillMissing.length > 0 ? stillMissing : missing).join(' ')} (exit code ${exitCode}):\n` +
      Buffer.concat(output).toString('utf8'),
  );
}

/** Servers are often installed where a user's PATH doesn't lead. */
function addSystemFolders(): void {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  for (const folder of ['/usr/sbin', '/usr/local/sbin']) if (!folders.includes(folder)) folders.push(folder);
  process.env['PATH'] = folders.join(delimiter);
}

/** Which of these packages are not installed; of all that tests need, unless told. */
export async function missingPackages(names: readonly string[] = NEEDED.map(({ name }) => name)): Promise<string[]> {
  addSystemFolders();
  const wanted = NEEDED.filter(({ name }) => names.includes(name));
  const there = await Promise.all(wanted.map((needed) => needed.isThere()));
  return wanted.filter((_, index) => there[index] === false).map((needed) => needed.name);
}

/** What to put before a command that must run as root; undefined where that takes a password. */
async function rootPrefix(): Promise<string[] | undefined> {
  if (process.getuid?.() === 0) return [];
  return run('sudo', ['-n', 'true']).then(
    () => ['sudo', '-n'],
    () => undefined,
  );
}

async function haveCommands(...commands: string[]): Promise<boolean> {
  const found = await Promise.all(commands.map((command) => isInPath(command)));
  return found.every(Boolean);
}

async function isInPath(command: string): Promise<boolean> {
  const candidates = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, command));
  const found = await Promise.all(
    candidates.map((file) =>
      access(file, constants.X_OK).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.includes(true);
}

async function havePythonModule(module: string): Promise<boolean> {
  return run(DEBIAN_PYTHON, [
    '-c',
    `import importlib.util, sys; sys.exit(importlib.util.find_spec('${module}') is None)`,
  ]).then(
    () => true,
    () => false,
  );
}
