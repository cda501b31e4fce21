import type { GroupServiceServer } from '../../proto/gen/parley/v1/group_service.pb.ts';
import { createGroup } from '../groups/create-group.ts';
import type { Groups, GroupsParts } from '../groups/groups.ts';
import type { Membership } from '../groups/membership.ts';
import type { Calls } from './calls.ts';
import { fromNumber, toId } from './ids.ts';
import { pageById } from './page.ts';
import { fromJoinPolicy, toAccount, toGroup, toRole } from './wire.ts';

const SIZES = { fallback: 100, max: 500 };

export interface GroupHandlerParts {
  readonly parts: GroupsParts;
  readonly groups: Groups;
  readonly membership: Membership;
}

export function groupHandlers(
  calls: Calls,
  { parts, groups, membership }: GroupHandlerParts,
): Partial<GroupServiceServer> {
  return {
    createGroup: calls.authenticated(async (request, { user }) => {
      const joinPolicy = fromJoinPolicy(request.joinPolicy, 'join_policy');
      const group = await createGroup(parts, user, { ...request, joinPolicy });
      return { group: toGroup({ group, role: 'owner' }) };
    }),

    getGroup: calls.authenticated(async ({ groupId }, { user }) => ({
      group: toGroup(await groups.view(user.id, toId(groupId, 'group_id'))),
    })),

    joinGroup: calls.authenticated(async ({ groupId }, { user }) => {
      const id = toId(groupId, 'group_id');
      await membership.join(user, id);
      return { group: toGroup(await groups.view(user.id, id)), pending: false };
    }),

    leaveGroup: calls.authenticated(async ({ groupId }, { user }) => {
      await membership.leave(user, toId(groupId, 'group_id'));
      return {};
    }),

    inviteMember: calls.authenticated(async ({ groupId, userId }, { user }) => {
      await membership.invite(user, toId(groupId, 'group_id'), toId(userId, 'user_id'));
      return {};
    }),

    listGroups: calls.authenticated(async (request, { user }) => {
      const page = await pageById(
        'ListGroups',
        request,
        SIZES,
        (at) => groups.list(user.id, at),
        ({ group }) => group.id,
      );
      return { groups: page.items.map(toGroup), nextPageToken: page.nextPageToken };
    }),

    listMembers: calls.authenticated(async (request, { user }) => {
      const groupId = toId(request.groupId, 'group_id');
      const page = await pageById(
        `ListMembers/${groupId}`,
        request,
        SIZES,
        (at) => groups.members(user.id, groupId, at),
        (item) => item.user.id,
      );
      return {
        members: page.items.map(({ user: account, member }) => ({
          account: toAccount(account),
          role: toRole(member.role),
          joinedSeq: fromNumber(member.joinedSeq),
        })),
        nextPageToken: page.nextPageToken,
      };
    }),
  };
}
