import { Option } from 'commander';
import type { Command } from 'commander';
import { eachItem } from '../../node/index.ts';
import type { Group, GroupMember, JoinPolicy } from '../../node/index.ts';
import { withApi } from '../account-session.ts';
import { collect } from '../collect.ts';
import { columns, printJson, printLine, printList } from '../output.ts';
import { safeLine, safeText } from '../safe-text.ts';
import { findUser, parseGroupId, parseWholeNumber } from '../target.ts';

interface CreateOptions {
  readonly description?: string;
  readonly join?: JoinPolicy;
  readonly limit?: number;
  readonly json?: boolean;
}

export function addGroupsCommands(program: Command): void {
  const groups = program
    .command('groups')
    .description('groups, and who is in them')
    .addHelpText('after', '\nExample:\n  $ parley groups create team\n  $ parley groups invite group:1 bob');
  addMembershipCommands(groups);

  groups
    .command('create')
    .description('make a group, with you as its owner')
    .argument('<name>', '1 to 64 characters')
    .option('--description <text>', 'what it is about')
    .addOption(new Option('--join <policy>', 'who may join').choices(['open', 'invite-only', 'approval']))
    .option('--limit <members>', 'at most so many members', parseWholeNumber('--limit', 2))
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  $ parley groups create team --join invite-only')
    .action(async (name: string, { description, join, limit, json }: CreateOptions, command: Command) => {
      await withApi(command, async (api) => {
        const group = await api.groups.create({
          name,
          ...(description !== undefined && { description }),
          ...(join !== undefined && { joinPolicy: join }),
          ...(limit !== undefined && { memberLimit: limit }),
        });
        if (json) await printJson(group);
        else await printLine(`made group #${group.id} ${safeLine(group.name)}: parley chat group:${group.id}`);
      });
    });

  groups
    .command('list')
    .description('list the groups that you are in')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  $ parley groups list')
    .action(async (options: { json?: boolean }, command: Command) => {
      await withApi(command, async (api) => {
        const all = await collect(eachItem((pageToken) => api.groups.list({ pageSize: 500, pageToken })));
        await printList(all, options, describeGroup, 'no groups yet: parley groups create NAME');
      });
    });

  groups
    .command('members')
    .description('list the members of a group')
    .argument('<group>', "'#1' or group:1", parseGroupId)
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  $ parley groups members group:1')
    .action(async (groupId: number, options: { json?: boolean }, command: Command) => {
      await withApi(command, async (api) => {
        const page = (pageToken: string) => api.groups.listMembers(groupId, { pageSize: 500, pageToken });
        await printList(await collect(eachItem(page)), options, describeMember, 'no members');
      });
    });

  groups
    .command('show')
    .description('show a group')
    .argument('<group>', "'#1' or group:1", parseGroupId)
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  $ parley groups show group:1')
    .action(async (groupId: number, { json }: { json?: boolean }, command: Command) => {
      await withApi(command, async (api) => {
        const group = await api.groups.get(groupId);
        if (json) await printJson(group);
        else for (const line of columns(showGroup(group))) await printLine(line);
      });
    });
}

function addMembershipCommands(groups: Command): void {
  groups
    .command('join')
    .description('join an open group')
    .argument('<group>', "'#1' or group:1", parseGroupId)
    .addHelpText('after', '\nExample:\n  $ parley groups join group:1')
    .action(async (groupId: number, _options: unknown, command: Command) => {
      await withApi(command, async (api) => {
        const group = await api.groups.join(groupId);
        await printLine(`you are in #${group.id} ${safeLine(group.name)}`);
      });
    });

  groups
    .command('invite')
    .description('make users members of a group')
    .argument('<group>', "'#1' or group:1", parseGroupId)
    .argument('<name...>', 'whom')
    .addHelpText('after', '\nExample:\n  $ parley groups invite group:1 bob carol')
    .action(async (groupId: number, names: string[], _options: unknown, command: Command) => {
      await withApi(command, async (api) => {
        for (const name of names) {
          const user = await findUser(api, name);
          await api.groups.invite(groupId, user.id);
          await printLine(`${safeLine(user.name)} is in #${groupId}`);
        }
      });
    });

  groups
    .command('leave')
    .description('leave a group')
    .argument('<group>', "'#1' or group:1", parseGroupId)
    .addHelpText('after', '\nExample:\n  $ parley groups leave group:1')
    .action(async (groupId: number, _options: unknown, command: Command) => {
      await withApi(command, async (api) => {
        await api.groups.leave(groupId);
        await printLine(`you left #${groupId}`);
      });
    });
}

function describeGroup({ id, name, role, memberCount }: Group): string[] {
  return [`#${id}`, safeLine(name), role, `${memberCount} member${memberCount === 1 ? '' : 's'}`];
}

function describeMember({ account, role }: GroupMember): string[] {
  return [safeLine(account.name), role];
}

function showGroup(group: Group): string[][] {
  return [
    ['group', `#${group.id}`],
    ['name', safeLine(group.name)],
    ['description', safeText(group.description)],
    ['your role', group.role],
    ['members', `${group.memberCount} of at most ${group.memberLimit}`],
    ['who may join', group.joinPolicy],
    ['made', group.createTime.toISOString()],
  ];
}
