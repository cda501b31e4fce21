import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, readFile, symlink, writeFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

import { startMariadb } from '../../test/setup/mariadb.ts';
import { ensurePackages } from '../../test/setup/packages.ts';
import { startRedis } from '../../test/setup/redis.ts';
import { makeTempFolder, removeTempFolder } from '../../test/setup/temp-folder.ts';
import { ROOT } from '../run.ts';
import { readReach, type TestFile } from './reach.ts';

const LEFT_OUT = new Set(['node_modules', '.git', 'dist', 'coverage', 'data']);

/** The services that tests share are started once, not for each run; the order of the tests is ours. */
const CONFIG = `
import base from './jest.config.mjs';
const { globalSetup: _, globalTeardown: __, coverageThreshold: ___, ...config } = base;
export default { ...config, maxWorkers: 1, testSequencer: '<rootDir>/scripts/mutation/given-order.mjs' };
`;

export type Verdict = 'passed' | 'failed' | 'timed out';

/** A copy of the working tree in which sources may be broken, and the services that its tests need. */
export class Workspace implements AsyncDisposable {
  readonly folder: string;
  readonly #services: AsyncDisposableStack;
  readonly #environment: NodeJS.ProcessEnv;

  static async open(): Promise<Workspace> {
    await ensurePackages();
    await using services = new AsyncDisposableStack();
    const folder = await makeTempFolder('mutation');
    services.defer(() => removeTempFolder(folder));
    await cp(ROOT, folder, {
      recursive: true,
      filter: (path) => !LEFT_OUT.has(relative(ROOT, path).split(sep)[0] ?? ''),
    });
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    await writeFile(join(folder, 'jest.mutation.config.mjs'), CONFIG);
    const mariadb = services.use(await startMariadb());
    const redis = services.use(await startRedis());
    return new Workspace(folder, services.move(), {
      PARLEY_TEST_MYSQL_SOCKET: mariadb.socket,
      PARLEY_TEST_REDIS_SOCKET: redis.socket,
    });
  }

  private constructor(folder: string, services: AsyncDisposableStack, environment: NodeJS.ProcessEnv) {
    this.folder = folder;
    this.#services = services;
    this.#environment = environment;
  }

  /** Runs the tests under `paths` as they are, and tells what each of them reaches of `sources`. */
  async reach(paths: readonly string[], sources: readonly string[]): Promise<TestFile[]> {
    const out = join(this.folder, 'reach.json');
    const collect = sources.flatMap((source) => ['--collectCoverageFrom', source]);
    const reporters = ['default', './scripts/mutation/reach-reporter.mjs'].flatMap((name) => ['--reporters', name]);
    const coverage = ['--coverage', '--coverageReporters', 'none', ...collect];
    await this.#jest([...paths, ...coverage, ...reporters], { stdio: 'inherit', env: { PARLEY_MUTATION_REACH: out } });
    return readReach(out);
  }

  /** Runs test files one after the other, until one fails. */
  async try(tests: readonly string[], timeoutMs: number): Promise<Verdict> {
    const order = { PARLEY_MUTATION_ORDER: JSON.stringify(tests) };
    const reporters = ['--reporters', './scripts/mutation/first-failure-reporter.mjs'];
    return await this.#jest(['--runTestsByPath', ...tests, ...reporters], { stdio: 'ignore', env: order }, timeoutMs);
  }

  /** Runs `action` while a source file holds another text. */
  async withSource<T>(path: string, text: string, action: () => Promise<T>): Promise<T> {
    const file = join(this.folder, path);
    const before = await readFile(file, 'utf8');
    await writeFile(file, text);
    try {
      return await action();
    } finally {
      await writeFile(file, before);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#services.disposeAsync();
  }

  async #jest(
    args: readonly string[],
    { stdio, env }: { readonly stdio: 'inherit' | 'ignore'; readonly env: NodeJS.ProcessEnv },
    timeoutMs?: number,
  ): Promise<Verdict> {
    const jest = join(this.folder, 'node_modules/jest/bin/jest.js');
    const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
    const own = ['--config', 'jest.mutation.config.mjs', '--cacheDirectory', join(this.folder, '.jest-cache')];
    const child = spawn(process.execPath, [...flags, jest, ...own, ...args], {
      cwd: this.folder,
      env: { ...process.env, ...this.#environment, ...env },
      stdio,
      // A group of its own, so that a loop without an end can be ended with all that it has started.
      detached: true,
    });
    let late = false;
    const timer = setTimeout(
      () => {
        late = true;
        process.kill(-child.pid!, 'SIGKILL');
      },
      timeoutMs ?? 2 ** 31 - 1,
    );
    const [code] = (await once(child, 'exit')) as [number | null];
    clearTimeout(timer);
    if (late) return 'timed out';
    return code === 0 ? 'passed' : 'failed';
  }
}
