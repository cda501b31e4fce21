import type { Account } from '../../proto/gen/parley/v1/account.pb.ts';
import { type Group, GroupRole, JoinPolicy } from '../../proto/gen/parley/v1/group.pb.ts';
import type { Target as WireTarget } from '../../proto/gen/parley/v1/message.pb.ts';
import { type Presence, PresenceState as WirePresenceState } from '../../proto/gen/parley/v1/presence.pb.ts';
import type { GroupView } from '../groups/groups.ts';
import { invalidField } from '../lib/errors.ts';
import type { PresenceState } from '../presence/presence.ts';
import type { PresenceStatus } from '../store/seam/presence.ts';
import type { GroupRole as Role, JoinPolicy as Policy, Target, UserRecord } from '../store/seam/records.ts';
import { fromNumber, toId } from './ids.ts';

/** Wire to domain and back, for what more than one handler needs. */

const ROLES: Readonly<Record<Role, GroupRole>> = {
  member: GroupRole.GROUP_ROLE_MEMBER,
  admin: GroupRole.GROUP_ROLE_ADMIN,
  owner: GroupRole.GROUP_ROLE_OWNER,
};

const POLICIES: Readonly<Record<Policy, JoinPolicy>> = {
  open: JoinPolicy.JOIN_POLICY_OPEN,
  invite_only: JoinPolicy.JOIN_POLICY_INVITE_ONLY,
  approval: JoinPolicy.JOIN_POLICY_APPROVAL,
};

const STATUSES: Readonly<Record<PresenceStatus, WirePresenceState>> = {
  hidden: WirePresenceState.PRESENCE_STATE_UNSPECIFIED,
  offline: WirePresenceState.PRESENCE_STATE_OFFLINE,
  online: WirePresenceState.PRESENCE_STATE_ONLINE,
  away: WirePresenceState.PRESENCE_STATE_AWAY,
};

export function toRole(role: Role | null): GroupRole {
  return role === null ? GroupRole.GROUP_ROLE_UNSPECIFIED : ROLES[role];
}

/** A role that can be given. @throws DomainError INVALID_FIELD */
export function fromAssignableRole(role: GroupRole, field: string): 'member' | 'admin' {
  if (role === GroupRole.GROUP_ROLE_MEMBER) return 'member';
  if (role === GroupRole.GROUP_ROLE_ADMIN) return 'admin';
  throw invalidField(field, 'GROUP_ROLE_MEMBER or GROUP_ROLE_ADMIN');
}

/** Unset stands for open. @throws DomainError INVALID_FIELD */
export function fromJoinPolicy(policy: JoinPolicy, field: string): Policy {
  if (policy === JoinPolicy.JOIN_POLICY_UNSPECIFIED) return 'open';
  const known = (Object.keys(POLICIES) as Policy[]).find((name) => POLICIES[name] === policy);
  if (known === undefined) throw invalidField(field, 'a JoinPolicy');
  return known;
}

export function toJoinPolicy(policy: Policy): JoinPolicy {
  return POLICIES[policy];
}

export function toAccount(user: UserRecord): Account {
  return { id: fromNumber(user.id), name: user.name, createTime: new Date(user.createdAt), deleted: user.deleted };
}

export function toPresence(userId: number, state: PresenceState | undefined): Presence {
  return {
    userId: fromNumber(userId),
    state: STATUSES[state?.status ?? 'hidden'],
    lastSeenTime: state?.lastSeenAt ? new Date(state.lastSeenAt) : undefined,
  };
}

/** @throws Error for a state that this version doesn't know */
export function fromPresenceState(state: WirePresenceState): PresenceStatus {
  const known = (Object.keys(STATUSES) as PresenceStatus[]).find((status) => STATUSES[status] === state);
  if (known === undefined) throw new Error('an unknown presence');
  return known;
}

export function toGroup({ group, role }: GroupView): Group {
  return {
    id: fromNumber(group.id),
    name: group.name,
    description: group.description,
    ownerId: fromNumber(group.ownerId),
    conversationId: fromNumber(role === null ? 0 : group.conversationId),
    memberLimit: group.memberLimit,
    joinPolicy: POLICIES[group.joinPolicy],
    role: toRole(role),
    createTime: new Date(group.createdAt),
    memberCount: group.memberCount,
    historyVisible: group.historyVisible,
  };
}

export function toTarget(target: Target): WireTarget {
  return target.kind === 'user'
    ? { target: { $case: 'userId', value: fromNumber(target.userId) } }
    : { target: { $case: 'groupId', value: fromNumber(target.groupId) } };
}

/** @throws DomainError INVALID_FIELD */
export function fromTarget(wire: WireTarget | undefined, field = 'target'): Target {
  const target = wire?.target;
  if (target === undefined) throw invalidField(field, 'user_id or group_id');
  return target.$case === 'userId'
    ? { kind: 'user', userId: toId(target.value, `${field}.user_id`) }
    : { kind: 'group', groupId: toId(target.value, `${field}.group_id`) };
}
