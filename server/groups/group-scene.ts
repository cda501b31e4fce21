import type { GroupRecord, MemberRecord } from '../store/seam/records.ts';
import { checkPermission, type GroupAction, type Rank } from './permissions.ts';

/** What a change of a group is decided by, all read under the lock of its conversation. */
export class GroupScene {
  readonly group: GroupRecord;
  /** Those with an open membership. */
  readonly members: readonly MemberRecord[];

  constructor(group: GroupRecord, members: readonly MemberRecord[]) {
    this.group = group;
    this.members = members;
  }

  member(userId: number): MemberRecord | undefined {
    return this.members.find((member) => member.userId === userId);
  }

  rank(userId: number): Rank {
    return this.member(userId)?.role ?? 'stranger';
  }

  /** @throws DomainError GROUP_NOT_FOUND, ROLE_INSUFFICIENT, OWNER_CANNOT_LEAVE, as the permissions say */
  check(action: GroupAction, userId: number, onUserId?: number): void {
    const rank = this.rank(userId);
    if (onUserId === undefined) checkPermission(action, { group: this.group, rank });
    else checkPermission(action, { group: this.group, rank, on: onUserId === userId ? 'self' : this.rank(onUserId) });
  }
}
