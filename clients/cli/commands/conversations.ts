import type { Command } from 'commander';
import { eachItem } from '../../node/index.ts';
import type { Conversation } from '../../node/index.ts';
import { withApi } from '../account-session.ts';
import { collect } from '../collect.ts';
import { describeMessage, describeTime } from '../describe-message.ts';
import { printList } from '../output.ts';
import { safeLine } from '../safe-text.ts';

const SNIPPET_CHARACTERS = 60;

export function addConversationsCommand(program: Command): void {
  program
    .command('conversations')
    .description('list your conversations, the latest first')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  $ parley conversations')
    .action(async (options: { json?: boolean }, command: Command) => {
      await withApi(command, async (api) => {
        const page = (pageToken: string) => api.history.listConversations({ pageSize: 200, pageToken });
        const none = 'no conversations yet: parley chat NAME';
        await printList(await collect(eachItem(page)), options, describeConversation, none);
      });
    });
}

function describeConversation(conversation: Conversation): string[] {
  const { target, title, unreadCount, lastMessage, lastActivityTime, closed } = conversation;
  const place = target && 'groupId' in target ? `#${target.groupId} ${safeLine(title)}` : safeLine(title);
  const last = (lastMessage && describeMessage(lastMessage)) ?? '';
  const snippet = [...last.replaceAll('\n', ' ')];
  return [
    place,
    closed ? 'left' : unreadCount > 0 ? `${unreadCount} new` : '',
    describeTime(lastActivityTime, new Date()),
    snippet.length > SNIPPET_CHARACTERS
      ? `${snippet.slice(0, SNIPPET_CHARACTERS - 1).join('')}…`
      : last.replaceAll('\n', ' '),
  ];
}
