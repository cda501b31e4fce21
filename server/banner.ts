import { type Config, describeSettings, maskPassword } from './config.ts';
import type { Logger } from './telemetry/log.ts';

/** Says where the server listens, what it uses and what to try: lines on a terminal, one JSON line otherwise. */
export function banner(
  config: Config,
  address: string,
  log: Logger,
  stdout: { readonly isTTY: boolean; write(text: string): boolean } = process.stdout,
): void {
  const database = maskPassword(config.databaseUrl);
  const at = address === '127.0.0.1:50051' ? '' : ` --server ${address}`;
  const next = [
    `npx parley${at} register ann`,
    `npx parley${at} --profile bob register bob`,
    `npx parley${at} --profile bob chat ann`,
  ];
  if (!stdout.isTTY) {
    log.info({ address, database, next }, 'listening');
    return;
  }
  const lines = [
    '',
    `  Parley listens on ${address}`,
    `  database: ${database}`,
    '',
    '  Next, in another terminal:',
    ...next.map((command) => `    ${command}`),
    '',
    '',
  ];
  stdout.write(lines.join('\n'));
}

export function helpText(): string {
  const settings = describeSettings();
  const width = Math.max(...settings.map(({ variable }) => variable.length));
  return [
    'Usage: parley-server [serve|migrate|reindex]',
    '       parley-server probe [HOST:PORT] [--service NAME]',
    '',
    '  serve     serve until SIGTERM or SIGINT (default)',
    '  migrate   bring the tables of PARLEY_DATABASE_URL up to date',
    '  reindex   rebuild the search index of PARLEY_DATABASE_URL',
    '  probe     ask a server for its health: 0 if it serves, 1 if not within 2 s. Default: the one of PARLEY_LISTEN',
    '            and its parley.v1.ChatService; "" is the whole server, parley.database whether its database answers',
    '',
    'Environment:',
    ...settings.flatMap(({ variable, fallback, help }) => [
      `  ${variable.padEnd(width)}  ${help}`,
      `  ${' '.repeat(width)}  default: ${fallback || 'none'}`,
    ]),
    '',
  ].join('\n');
}
