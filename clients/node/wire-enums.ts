import { FriendStatus } from '../../proto/gen/parley/v1/friend.pb.ts';
import { GroupRole, JoinPolicy } from '../../proto/gen/parley/v1/group.pb.ts';
import { MembershipChangeKind } from '../../proto/gen/parley/v1/message.pb.ts';
import { PresenceState } from '../../proto/gen/parley/v1/presence.pb.ts';
import type * as types from './types.ts';

export function groupRole(wire: GroupRole): types.GroupRole {
  switch (wire) {
    case GroupRole.GROUP_ROLE_MEMBER:
      return 'member';
    case GroupRole.GROUP_ROLE_ADMIN:
      return 'admin';
    case GroupRole.GROUP_ROLE_OWNER:
      return 'owner';
    default:
      return 'none';
  }
}

export function fromGroupRole(role: 'member' | 'admin'): GroupRole {
  return role === 'admin' ? GroupRole.GROUP_ROLE_ADMIN : GroupRole.GROUP_ROLE_MEMBER;
}

export function joinPolicy(wire: JoinPolicy): types.JoinPolicy {
  switch (wire) {
    case JoinPolicy.JOIN_POLICY_INVITE_ONLY:
      return 'invite-only';
    case JoinPolicy.JOIN_POLICY_APPROVAL:
      return 'approval';
    default:
      return 'open';
  }
}

export function fromJoinPolicy(policy: types.JoinPolicy | undefined): JoinPolicy {
  switch (policy) {
    case 'open':
      return JoinPolicy.JOIN_POLICY_OPEN;
    case 'invite-only':
      return JoinPolicy.JOIN_POLICY_INVITE_ONLY;
    case 'approval':
      return JoinPolicy.JOIN_POLICY_APPROVAL;
    default:
      return JoinPolicy.JOIN_POLICY_UNSPECIFIED;
  }
}

export function friendStatus(wire: FriendStatus): types.FriendStatus {
  switch (wire) {
    case FriendStatus.FRIEND_STATUS_REQUESTED:
      return 'requested';
    case FriendStatus.FRIEND_STATUS_ACCEPTED:
      return 'accepted';
    case FriendStatus.FRIEND_STATUS_BLOCKED:
      return 'blocked';
    default:
      return 'none';
  }
}

export function membershipChangeKind(wire: MembershipChangeKind): types.MembershipChangeKind {
  switch (wire) {
    case MembershipChangeKind.MEMBERSHIP_CHANGE_KIND_JOINED:
      return 'joined';
    case MembershipChangeKind.MEMBERSHIP_CHANGE_KIND_INVITED:
      return 'invited';
    case MembershipChangeKind.MEMBERSHIP_CHANGE_KIND_LEFT:
      return 'left';
    case MembershipChangeKind.MEMBERSHIP_CHANGE_KIND_REMOVED:
      return 'removed';
    case MembershipChangeKind.MEMBERSHIP_CHANGE_KIND_ROLE_CHANGED:
      return 'role-changed';
    default:
      return 'unknown';
  }
}

export function presenceState(wire: PresenceState): types.PresenceState {
  switch (wire) {
    case PresenceState.PRESENCE_STATE_OFFLINE:
      return 'offline';
    case PresenceState.PRESENCE_STATE_ONLINE:
      return 'online';
    case PresenceState.PRESENCE_STATE_AWAY:
      return 'away';
    default:
      return 'unknown';
  }
}
