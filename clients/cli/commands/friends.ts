import type { Command } from 'commander';
import { eachItem } from '../../node/index.ts';
import type { Friend, FriendRequest, ParleyApi } from '../../node/index.ts';
import { withApi } from '../account-session.ts';
import { collect } from '../collect.ts';
import { describeTime } from '../describe-message.ts';
import { printLine, printList } from '../output.ts';
import { safeLine } from '../safe-text.ts';
import { findUser } from '../target.ts';

export function addFriendsCommands(program: Command): void {
  const friends = program
    .command('friends')
    .description('friends, and requests to be friends')
    .addHelpText('after', '\nExample:\n  $ parley friends add bob\n  $ parley friends list');

  friends
    .command('list')
    .description('list your friends, and whether they are there')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  $ parley friends list --json')
    .action(async (options: { json?: boolean }, command: Command) => {
      await withApi(command, async (api) => {
        const all = await collect(eachItem((pageToken) => api.friends.list({ pageSize: 500, pageToken })));
        await printList(all, options, describeFriend, 'no friends yet: parley friends add NAME');
      });
    });

  friends
    .command('requests')
    .description('list the requests that wait for an answer')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  $ parley friends requests')
    .action(async (options: { json?: boolean }, command: Command) => {
      await withApi(command, async (api) => {
        const all = await collect(eachItem((pageToken) => api.friends.listRequests({ pageSize: 500, pageToken })));
        await printList(all, options, describeRequest, 'no requests');
      });
    });

  friends
    .command('add')
    .description('ask a user to be friends, or accept where they have asked you')
    .argument('<name>')
    .addHelpText('after', '\nExample:\n  $ parley friends add bob')
    .action(async (name: string, _options: unknown, command: Command) => {
      await withApi(command, async (api) => {
        const user = await findUser(api, name);
        const { status } = await api.friends.add({ userId: user.id });
        const shown = safeLine(user.name);
        await printLine(
          status === 'accepted'
            ? `you and ${shown} are friends`
            : `asked ${shown}; they accept with: parley friends accept YOUR-NAME`,
        );
      });
    });

  answer(friends, 'accept', 'accept the request of a user', (api, id) => api.friends.accept(id), 'is now your friend');
  answer(friends, 'decline', 'decline the request of a user', (api, id) => api.friends.decline(id), 'was declined');
  answer(
    friends,
    'remove',
    'end a friendship, or take a request back',
    (api, id) => api.friends.remove(id),
    'is not a friend any more',
  );
}

function answer(
  friends: Command,
  verb: string,
  description: string,
  act: (api: ParleyApi, userId: number) => Promise<void>,
  outcome: string,
): void {
  friends
    .command(verb)
    .description(description)
    .argument('<name>')
    .addHelpText('after', `\nExample:\n  $ parley friends ${verb} ann`)
    .action(async (name: string, _options: unknown, command: Command) => {
      await withApi(command, async (api) => {
        const user = await findUser(api, name);
        await act(api, user.id);
        await printLine(`${safeLine(user.name)} ${outcome}`);
      });
    });
}

function describeFriend({ account, presence }: Friend): string[] {
  const { state, lastSeenTime } = presence;
  const seen = state === 'offline' && lastSeenTime ? `last seen ${describeTime(lastSeenTime, new Date())}` : '';
  return [safeLine(account.name), state === 'unknown' ? '' : state, seen];
}

function describeRequest({ account, outgoing }: FriendRequest): string[] {
  const name = safeLine(account.name);
  return [name, outgoing ? 'you asked' : `asks you: parley friends accept ${name}`];
}
