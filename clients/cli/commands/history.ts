import type { Command } from 'commander';
import type { Message, ParleyApi, Target } from '../../node/index.ts';
import { withApi } from '../account-session.ts';
import { describeMessage, describeTime } from '../describe-message.ts';
import { printJson, printLine } from '../output.ts';
import { findPeer, parseWholeNumber } from '../target.ts';

interface HistoryOptions {
  readonly before?: number;
  readonly after?: number;
  readonly limit: number;
  readonly json?: boolean;
}

const MAX_PAGE = 200;

export function addHistoryCommand(program: Command): void {
  program
    .command('history')
    .description('print what was said in a conversation, the oldest first')
    .argument('<target>', "a user (ann or @ann) or a group ('#1' or group:1)")
    .option('--before <seq>', 'only entries before this one', parseWholeNumber('--before', 1))
    .option('--after <seq>', 'only entries after this one; 0: from the beginning', parseWholeNumber('--after', 0))
    .option('--limit <n>', 'at most so many', parseWholeNumber('--limit', 1), 50)
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExamples:\n  $ parley history bob --limit 10\n  $ parley history group:1 --after 0 --json')
    .action(async (of: string, options: HistoryOptions, command: Command) => {
      if (options.before !== undefined && options.after !== undefined) {
        command.error('error: --before and --after exclude each other', { exitCode: 2 });
      }
      await withApi(command, async (api) => {
        const { target } = await findPeer(api, of);
        const messages = await read(api, target, options);
        if (options.json) await printJson(messages);
        else for (const message of messages) await printMessage(message);
      });
    });
}

/** Up to `limit` entries, the smallest seq first: the pages go away from the place that was given. */
async function read(api: ParleyApi, target: Target, { before, after, limit }: HistoryOptions): Promise<Message[]> {
  const all: Message[] = [];
  let pageToken = '';
  do {
    const page = await api.history.listMessages(target, {
      pageSize: Math.min(MAX_PAGE, limit - all.length),
      pageToken,
      ...(before !== undefined && { beforeSeq: before }),
      ...(after !== undefined && { afterSeq: after }),
    });
    if (after === undefined) all.unshift(...page.items);
    else all.push(...page.items);
    pageToken = page.nextPageToken;
  } while (pageToken !== '' && all.length < limit);
  return all;
}

async function printMessage(message: Message): Promise<void> {
  const text = describeMessage(message);
  if (text === undefined) return;
  await printLine(`${message.seq}  [${describeTime(message.createTime, new Date())}] ${text}`);
}
