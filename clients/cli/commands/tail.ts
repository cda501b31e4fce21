import type { Command } from 'commander';
import type { Message } from '../../node/index.ts';
import { connectClient } from '../account-session.ts';
import { CliError } from '../cli-error.ts';
import { describeMessage, describePlace, describeTime } from '../describe-message.ts';
import { printJson, printLine } from '../output.ts';
import { parseWholeNumber } from '../target.ts';

interface TailOptions {
  readonly json?: boolean;
  readonly count?: number;
  readonly timeout?: number;
}

export function addTailCommand(program: Command): void {
  program
    .command('tail')
    .description('print everything that comes, and first what was missed, until Ctrl-C')
    .option('--json', 'print a line of JSON for each entry')
    .option('--count <n>', 'end after so many entries', parseWholeNumber('--count', 1))
    .option(
      '--timeout <seconds>',
      'end after so long; with --count, fail if fewer came',
      parseWholeNumber('--timeout', 1),
    )
    .addHelpText('after', '\nExamples:\n  $ parley tail\n  $ parley tail --json --count 1 --timeout 30')
    .action(async (options: TailOptions, command: Command) => {
      const stop = new AbortController();
      const interrupt = (): void => stop.abort();
      process.once('SIGINT', interrupt);
      process.once('SIGTERM', interrupt);
      try {
        await tail(command, options, stop.signal);
      } finally {
        process.off('SIGINT', interrupt);
        process.off('SIGTERM', interrupt);
      }
    });
}

async function tail(command: Command, options: TailOptions, signal: AbortSignal): Promise<void> {
  const { json, count = Infinity, timeout } = options;
  await using client = await connectClient(command, { autoAck: false, signal });
  client.on('state', (state) => {
    if (state.state === 'waiting') process.stderr.write(`parley: the connection is lost; trying again\n`);
  });
  let shown = 0;
  let isLate = false;
  const end = (): void => void client.close();
  signal.addEventListener('abort', end, { once: true });
  const timer = timeout === undefined ? undefined : setTimeout(() => ((isLate = true), end()), timeout * 1000);
  try {
    for await (const message of client.messages()) {
      const line = json ? undefined : describe(message, client.self.id);
      if (json) await printJson(message);
      else if (line !== undefined) await printLine(line);
      // Once it is printed, it counts as delivered.
      client.ack(message);
      shown += 1;
      if (shown >= count) break;
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
  }
  if (isLate && shown < count && count !== Infinity) {
    throw new CliError(`${shown} of ${count} entries came in ${timeout} s`);
  }
}

function describe(message: Message, selfId: number): string | undefined {
  const text = describeMessage(message);
  if (text === undefined) return undefined;
  const place = describePlace(message, selfId);
  return `[${describeTime(message.createTime, new Date())}] ${place.startsWith('#') ? `${place} ` : ''}${text}`;
}
