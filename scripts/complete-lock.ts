import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { ROOT } from './run.ts';

/**
 * Completes package-lock.json after `npm install`. A registry mirror may lack packages for other platforms; npm then
 * leaves them out of the lock, and `npm ci` refuses it. They are added with what decides that they aren't installed here.
 */
interface Locked {
  version?: string;
  optional?: boolean;
  dev?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
}

const OS = ['android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32', 'aix'];
const CPU = [
  'arm64',
  'arm',
  'ia32',
  'x64',
  'x86',
  'loong64',
  'mips64el',
  'ppc64',
  'riscv64',
  's390x',
  'wasm32',
  'universal',
];
/** Names that differ from what Node calls the platform. */
const NODE_NAMES: Readonly<Record<string, string>> = { windows: 'win32', aarch64: 'arm64', armv7: 'arm', x86: 'ia32' };

const path = join(ROOT, 'package-lock.json');
const lock = JSON.parse(await readFile(path, 'utf8')) as { packages: Record<string, Locked> };

let added = 0;
for (const [holder, { optionalDependencies = {}, dev }] of Object.entries(lock.packages)) {
  for (const [name, range] of Object.entries(optionalDependencies)) {
    const nested = `${holder}/node_modules/${name}`;
    if (lock.packages[`node_modules/${name}`] !== undefined || lock.packages[nested] !== undefined) continue;
    lock.packages[`node_modules/${name}`] = {
      version: range.replace(/^[~^]/, ''),
      ...platform(name),
      ...(dev && { dev }),
      optional: true,
    };
    added += 1;
  }
}
const sorted = Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1));
await writeFile(path, `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`);
process.stdout.write(`added ${added} packages of other platforms\n`);

function platform(name: string): Locked {
  const words = name
    .slice(name.indexOf('/') + 1)
    .split('-')
    .map((word) => NODE_NAMES[word] ?? word);
  const os = words.find((word) => OS.includes(word));
  const cpu = words.find((word) => CPU.includes(word));
  if (os === undefined && cpu === undefined) throw new Error(`what platform is ${name} for?`);
  const libc = words.includes('musl') ? ['musl'] : os === 'linux' && words.includes('gnu') ? ['glibc'] : undefined;
  return {
    ...(os !== undefined && { os: [os] }),
    ...(cpu !== undefined && cpu !== 'universal' && { cpu: [cpu] }),
    ...(libc && { libc }),
  };
}
