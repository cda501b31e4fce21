import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Overrides, startApp } from '../../server/app.ts';
import { readConfig } from '../../server/config.ts';
import { createLog } from '../../server/telemetry/log.ts';
import { freePort } from '../setup/free-port.ts';
import { createDatabase } from '../setup/mariadb.ts';
import { makeTempFolder, removeTempFolder } from '../setup/temp-folder.ts';

export type Engine = 'sqlite' | 'mysql';

export const ENGINES: readonly Engine[] = ['sqlite', 'mysql'];

export interface ServerOptions {
  readonly engine: Engine;
  /** PARLEY_* variables. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly overrides?: Overrides;
}

/** A real server in this process, on a database of its own. */
export interface TestServer extends AsyncDisposable {
  readonly address: string;
  stop(): Promise<void>;
}

/** The environment of a server on a fresh database, and what removes it again. */
export async function freshDatabase(engine: Engine): Promise<{ url: string; remove: () => Promise<void> }> {
  if (engine === 'mysql') return { url: await createDatabase(), remove: async () => undefined };
  const folder = await mkdtemp(join(tmpdir(), 'parley-test-'));
  return { url: `sqlite:${join(folder, 'parley.db')}`, remove: () => rm(folder, { recursive: true, force: true }) };
}

export async function startServer(options: ServerOptions): Promise<TestServer> {
  const database = await freshDatabase(options.engine);
  const attachments = await makeTempFolder('files');
  const config = readConfig({
    PARLEY_LISTEN: `127.0.0.1:${await freePort()}`,
    PARLEY_DATABASE_URL: database.url,
    PARLEY_MIGRATE_AT_START: 'true',
    PARLEY_ATTACHMENTS: attachments,
    PARLEY_DRAIN_SPREAD_MS: '0',
    PARLEY_LOG_LEVEL: 'silent',
    ...options.environment,
  });
  const log = createLog({ level: config.logLevel, format: 'json', replica: config.replica });
  const app = await startApp(config, log, options.overrides);
  const stop = async () => {
    await app.drain();
    await database.remove();
    await removeTempFolder(attachments);
  };
  return { address: app.address, stop, [Symbol.asyncDispose]: stop };
}
