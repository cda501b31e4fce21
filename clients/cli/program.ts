import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { Command, Option } from 'commander';
import { DEFAULT_SERVER } from './account-session.ts';
import { addAccountCommands } from './commands/account.ts';
import { addChatCommand } from './commands/chat.ts';
import { addConversationsCommand } from './commands/conversations.ts';
import { addFriendsCommands } from './commands/friends.ts';
import { addGroupsCommands } from './commands/groups.ts';
import { addHistoryCommand } from './commands/history.ts';
import { addSendCommand } from './commands/send.ts';
import { addTailCommand } from './commands/tail.ts';
import { safeLine } from './safe-text.ts';

const EXAMPLE = `
Examples:
  $ parley register ann          open an account, and log in
  $ parley friends add bob       ask bob to be friends
  $ parley chat bob              talk; Ctrl-D ends
  $ parley chat group:1          the same in a group ('#1' needs quotes in a shell)
  $ PARLEY_PROFILE=bob parley login bob
                                 a second user on the same machine`;

/** The command line as a whole. It never exits by itself: it throws CommanderError instead. */
export function createProgram(): Command {
  const program = new Command('parley')
    .description('Chat from the terminal.')
    .version(packageVersion())
    .addOption(
      new Option('--server <host:port>', `the server (default: where you logged in, else ${DEFAULT_SERVER})`).env(
        'PARLEY_SERVER',
      ),
    )
    .addOption(new Option('--profile <name>', 'which login to use (default: "default")').env('PARLEY_PROFILE'))
    .addOption(new Option('--tls', 'talk TLS to the server').env('PARLEY_TLS'))
    .addOption(new Option('--ca <file>', 'talk TLS, and trust this certificate authority (PEM)').env('PARLEY_CA'))
    .addHelpText('after', EXAMPLE)
    .showHelpAfterError('(--help tells more)')
    .configureOutput({
      outputError: (text, write) => write(`parley: ${safeErrorText(text.replace(/^error: /, ''))}`),
    })
    .exitOverride();
  addAccountCommands(program);
  addFriendsCommands(program);
  addGroupsCommands(program);
  addSendCommand(program);
  addChatCommand(program);
  addTailCommand(program);
  addHistoryCommand(program);
  addConversationsCommand(program);
  return program;
}

function safeErrorText(text: string): string {
  return text.split('\n').map(safeLine).join('\n');
}

function packageVersion(): string {
  const path = findPackageJSON('.', import.meta.url);
  if (path === undefined) return 'unknown';
  return String((JSON.parse(readFileSync(path, 'utf8')) as { version?: unknown }).version);
}
