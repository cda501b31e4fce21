import { type App, startApp } from './app.ts';
import { banner, helpText } from './banner.ts';
import { BlobsConfigurationError } from './blobs/disk-blobs.ts';
import { type Config, ConfigError, readConfig } from './config.ts';
import { systemClock } from './lib/clock.ts';
import { rebuildIndex } from './search/rebuild-index.ts';
import { migrateDatabase, openStore, StoreConfigurationError } from './store/open-store.ts';
import { StoreUnavailable } from './store/seam/failures.ts';
import { createLog } from './telemetry/log.ts';

const COMMANDS = { serve, migrate, reindex };
/** How often a long command says how far it is. */
const TELL_EVERY_MS = 2_000;

/** Runs `parley-server [serve|migrate|reindex]` and gives the exit code: 0 done, 1 failed, 2 wrong usage. */
export async function runCommand(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  const [command = 'serve', ...rest] = args;
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(helpText());
    return 0;
  }
  if (rest.length > 0 || !isCommand(command)) {
    return complain(`unknown command "${args.join(' ')}"; try --help`, 2);
  }
  try {
    const config = readConfig(environment);
    return await COMMANDS[command](config);
  } catch (error) {
    if (error instanceof ConfigError) return complain(error.message, 2);
    if (isForTheOperator(error)) return complain(error.message, 1);
    throw error;
  }
}

async function migrate(config: Config): Promise<number> {
  const done = await migrateDatabase(config.databaseUrl);
  process.stdout.write(done.length > 0 ? `migrated: ${done.join(', ')}\n` : 'nothing to migrate\n');
  return 0;
}

async function reindex(config: Config): Promise<number> {
  const { databaseUrl: url, databasePool: poolSize, migrateAtStart: migrate } = config;
  await using store = await openStore({ url, migrate, poolSize, clock: systemClock });
  let toldAt = systemClock.monotonic();
  const { conversations, messages } = await rebuildIndex(store, (soFar) => {
    if (systemClock.monotonic() - toldAt < TELL_EVERY_MS) return;
    toldAt = systemClock.monotonic();
    process.stdout.write(`${soFar.messages} messages so far\n`);
  });
  process.stdout.write(`indexed ${messages} messages of ${conversations} conversations\n`);
  return 0;
}

async function serve(config: Config): Promise<number> {
  const log = createLog({ level: config.logLevel, format: config.logFormat, replica: config.replica });
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'uncaught exception');
    process.exit(1);
  });
  const app = await startApp(config, log);
  // Before anybody is told that it listens: whoever waits for that may send the signal at once.
  const end = drained(app, (signal) => log.info({ signal }, 'draining; the same signal again exits at once'));
  banner(config, app.address, log);
  await end;
  log.info('drained');
  return 0;
}

function isCommand(name: string): name is keyof typeof COMMANDS {
  return Object.hasOwn(COMMANDS, name);
}

/** The first signal drains, the second one exits at once. */
function drained(app: App, onSignal: (signal: string) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let signalled = false;
    const stop = (signal: NodeJS.Signals) => {
      if (signalled) process.exit(1);
      signalled = true;
      onSignal(signal);
      app.drain().then(resolve, reject);
    };
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
  });
}

const FOR_THE_OPERATOR = [StoreConfigurationError, StoreUnavailable, BlobsConfigurationError];

/** What is wrong around the program, not in it: its message is all there is to know. */
function isForTheOperator(error: unknown): error is Error {
  return FOR_THE_OPERATOR.some((kind) => error instanceof kind) || isListenError(error);
}

function isListenError(error: unknown): boolean {
  return error instanceof Error && /No address added|EADDRINUSE|EACCES|EADDRNOTAVAIL/.test(error.message);
}

function complain(message: string, exitCode: number): number {
  process.stderr.write(`parley-server: ${message.split('\n').join('\nparley-server: ')}\n`);
  return exitCode;
}
