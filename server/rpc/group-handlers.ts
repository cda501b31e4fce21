import type { Group } from '../../proto/gen/parley/v1/group.pb.ts';
import type { GroupServiceServer } from '../../proto/gen/parley/v1/group_service.pb.ts';
import { createGroup } from '../groups/create-group.ts';
import { deleteGroup } from '../groups/delete-group.ts';
import type { Groups, GroupsParts } from '../groups/groups.ts';
import type { Membership } from '../groups/membership.ts';
import type { Roles } from '../groups/roles.ts';
import { updateGroup } from '../groups/update-group.ts';
import type { GroupSettings } from '../store/seam/groups.ts';
import type { Calls } from './calls.ts';
import { fromNumber, toId } from './ids.ts';
import { pageById } from './page.ts';
import { invalidRequest } from './tolerant-definition.ts';
import { readUpdateMask } from './update-mask.ts';
import { fromAssignableRole, fromJoinPolicy, toAccount, toGroup, toRole } from './wire.ts';

const SIZES = { fallback: 100, max: 500 };
const CHANGEABLE = ['name', 'description', 'member_limit', 'join_policy', 'history_visible'] as const;

export interface GroupHandlerParts {
  readonly parts: GroupsParts;
  readonly groups: Groups;
  readonly membership: Membership;
  readonly roles: Roles;
}

export function groupHandlers(
  calls: Calls,
  { parts, groups, membership, roles }: GroupHandlerParts,
): GroupServiceServer {
  return {
    createGroup: calls.authenticated(async (request, { user }) => {
      const joinPolicy = fromJoinPolicy(request.joinPolicy, 'join_policy');
      const group = await createGroup(parts, user, { ...request, joinPolicy });
      return { group: toGroup({ group, role: 'owner' }) };
    }),

    getGroup: calls.authenticated(async ({ groupId }, { user }) => ({
      group: toGroup(await groups.view(user.id, toId(groupId, 'group_id'))),
    })),

    updateGroup: calls.authenticated(async ({ group, updateMask }, { user }) => {
      if (group === undefined) throw invalidRequest('group');
      const id = toId(group.id, 'group.id');
      await updateGroup(parts, user, id, fromSettings(group, readUpdateMask(updateMask, CHANGEABLE)));
      return { group: toGroup(await groups.view(user.id, id)) };
    }),

    deleteGroup: calls.authenticated(async ({ groupId }, { user }) => {
      await deleteGroup(parts, user, toId(groupId, 'group_id'));
      return {};
    }),

    joinGroup: calls.authenticated(async ({ groupId }, { user }) => {
      const id = toId(groupId, 'group_id');
      await membership.join(user, id);
      const view = await groups.view(user.id, id);
      return { group: toGroup(view), pending: view.role === null };
    }),

    leaveGroup: calls.authenticated(async ({ groupId }, { user }) => {
      await membership.leave(user, toId(groupId, 'group_id'));
      return {};
    }),

    inviteMember: calls.authenticated(async ({ groupId, userId }, { user }) => {
      await membership.invite(user, toId(groupId, 'group_id'), toId(userId, 'user_id'));
      return {};
    }),

    removeMember: calls.authenticated(async ({ groupId, userId }, { user }) => {
      await membership.remove(user, toId(groupId, 'group_id'), toId(userId, 'user_id'));
      return {};
    }),

    setMemberRole: calls.authenticated(async ({ groupId, userId, role }, { user }) => {
      const assigned = fromAssignableRole(role, 'role');
      await roles.set(user, toId(groupId, 'group_id'), toId(userId, 'user_id'), assigned);
      return {};
    }),

    transferOwnership: calls.authenticated(async ({ groupId, userId }, { user }) => {
      await roles.transferOwnership(user, toId(groupId, 'group_id'), toId(userId, 'user_id'));
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

    listJoinRequests: calls.authenticated(async (request, { user }) => {
      const groupId = toId(request.groupId, 'group_id');
      const page = await pageById(
        `ListJoinRequests/${groupId}`,
        request,
        SIZES,
        (at) => groups.joinRequests(user.id, groupId, at),
        (item) => item.user.id,
      );
      return {
        joinRequests: page.items.map(({ user: account, createdAt }) => ({
          account: toAccount(account),
          createTime: new Date(createdAt),
        })),
        nextPageToken: page.nextPageToken,
      };
    }),

    declineJoinRequest: calls.authenticated(async ({ groupId, userId }, { user }) => {
      await membership.decline(user, toId(groupId, 'group_id'), toId(userId, 'user_id'));
      return {};
    }),
  };
}

function fromSettings(group: Group, named: ReadonlySet<(typeof CHANGEABLE)[number]>): Partial<GroupSettings> {
  const { name, description, memberLimit, joinPolicy, historyVisible } = group;
  return {
    ...(named.has('name') && { name }),
    ...(named.has('description') && { description }),
    ...(named.has('member_limit') && { memberLimit }),
    ...(named.has('join_policy') && { joinPolicy: fromJoinPolicy(joinPolicy, 'group.join_policy') }),
    ...(named.has('history_visible') && { historyVisible }),
  };
}
