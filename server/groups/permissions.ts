import { DomainError } from '../lib/errors.ts';
import type { GroupRole, JoinPolicy } from '../store/seam/records.ts';
import { groupNotFound } from './group-rules.ts';

/** How somebody stands to a group. */
export type Rank = GroupRole | 'stranger';

/** Whether something is allowed, in which case, or on whom. */
export type Permission =
  | 'no'
  | 'yes'
  /** Where the group lets strangers know of it: not where it is invite-only. */
  | 'unless_hidden'
  /** Where the group is open to join. */
  | 'if_open'
  /** Where nobody else is a member. */
  | 'if_alone'
  /** On members who are neither admin nor owner, and on those who are no members: a no-op. */
  | 'on_members'
  /** On everybody but oneself. */
  | 'on_others'
  /** On who is the owner already: a no-op. */
  | 'on_owner';

/** Who may do what to a group: the rpcs that name one, by how the caller stands to it. */
export const GROUP_PERMISSIONS = {
  getGroup: { stranger: 'unless_hidden', member: 'yes', admin: 'yes', owner: 'yes' },
  joinGroup: { stranger: 'unless_hidden', member: 'yes', admin: 'yes', owner: 'yes' },
  leaveGroup: { stranger: 'unless_hidden', member: 'yes', admin: 'yes', owner: 'if_alone' },
  listMembers: { stranger: 'no', member: 'yes', admin: 'yes', owner: 'yes' },
  inviteMember: { stranger: 'no', member: 'if_open', admin: 'yes', owner: 'yes' },
  updateGroup: { stranger: 'no', member: 'no', admin: 'yes', owner: 'yes' },
  listJoinRequests: { stranger: 'no', member: 'no', admin: 'yes', owner: 'yes' },
  declineJoinRequest: { stranger: 'no', member: 'no', admin: 'yes', owner: 'yes' },
  removeMember: { stranger: 'no', member: 'no', admin: 'on_members', owner: 'on_others' },
  setMemberRole: { stranger: 'no', member: 'no', admin: 'no', owner: 'on_others' },
  // The owner's repeat comes from the admin that they have become.
  transferOwnership: { stranger: 'no', member: 'no', admin: 'on_owner', owner: 'yes' },
  deleteGroup: { stranger: 'no', member: 'no', admin: 'no', owner: 'yes' },
} as const satisfies Readonly<Record<string, Readonly<Record<Rank, Permission>>>>;

export type GroupAction = keyof typeof GROUP_PERMISSIONS;

/** What an action is judged by. */
export interface Circumstances {
  readonly group: { readonly joinPolicy: JoinPolicy; readonly memberCount: number };
  readonly rank: Rank;
  /** Whom it is done to, where it is done to somebody. */
  readonly on?: Rank | 'self';
}

const ALLOWS: Readonly<Record<Permission, (circumstances: Circumstances) => boolean>> = {
  no: () => false,
  yes: () => true,
  // A group that its last member has left is over: nobody can find it again.
  unless_hidden: ({ group }) => group.joinPolicy !== 'invite_only' && group.memberCount > 0,
  if_open: ({ group }) => group.joinPolicy === 'open',
  if_alone: ({ group }) => group.memberCount === 1,
  on_members: ({ on }) => on === 'member' || on === 'stranger',
  on_others: ({ on }) => on !== 'self',
  on_owner: ({ on }) => on === 'owner',
};

export function isPermitted(action: GroupAction, circumstances: Circumstances): boolean {
  return ALLOWS[GROUP_PERMISSIONS[action][circumstances.rank]](circumstances);
}

/** @throws DomainError GROUP_NOT_FOUND for strangers; ROLE_INSUFFICIENT, OWNER_CANNOT_LEAVE for members */
export function checkPermission(action: GroupAction, circumstances: Circumstances): void {
  if (isPermitted(action, circumstances)) return;
  if (circumstances.rank === 'stranger') throw groupNotFound();
  if (action === 'leaveGroup') {
    throw new DomainError('OWNER_CANNOT_LEAVE', 'the owner can not leave while others are members');
  }
  throw new DomainError('ROLE_INSUFFICIENT', `your role, ${circumstances.rank}, does not allow this`);
}
