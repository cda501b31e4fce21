import { DomainError, invalidField } from '../lib/errors.ts';
import { checkLabel } from '../lib/labels.ts';
import type { GroupRole, JoinPolicy } from '../store/seam/records.ts';

export const GROUP_NAME_MAX_CHARACTERS = 64;
export const GROUP_DESCRIPTION_MAX_CHARACTERS = 512;
export const MEMBER_LIMIT_MIN = 2;
export const MEMBER_LIMIT_MAX = 500;

/** @throws DomainError INVALID_FIELD */
export function checkGroupName(name: string): string {
  return checkLabel(name.length > 2 * GROUP_NAME_MAX_CHARACTERS ? name : name.trim(), 'name', {
    min: 1,
    max: GROUP_NAME_MAX_CHARACTERS,
  });
}

/** @throws DomainError INVALID_FIELD */
export function checkGroupDescription(description: string): string {
  return checkLabel(description, 'description', { min: 0, max: GROUP_DESCRIPTION_MAX_CHARACTERS, lines: true });
}

/** 0 stands for the default. @throws DomainError INVALID_FIELD */
export function checkMemberLimit(limit: number): number {
  if (limit === 0) return MEMBER_LIMIT_MAX;
  if (limit < MEMBER_LIMIT_MIN || limit > MEMBER_LIMIT_MAX) {
    throw invalidField('member_limit', `${MEMBER_LIMIT_MIN} to ${MEMBER_LIMIT_MAX}`);
  }
  return limit;
}

/** Members invite into open groups, admins into all. @throws DomainError ROLE_INSUFFICIENT */
export function checkMayInvite(role: GroupRole, joinPolicy: JoinPolicy): void {
  if (role === 'member' && joinPolicy !== 'open') {
    throw new DomainError('ROLE_INSUFFICIENT', 'only admins may invite to this group');
  }
}

/** @throws DomainError GROUP_NOT_FOUND (an invite-only group looks to strangers as if there were none) */
export function checkMayJoin(joinPolicy: JoinPolicy): void {
  if (joinPolicy === 'open') return;
  if (joinPolicy === 'invite_only') throw groupNotFound();
  throw new DomainError('ROLE_INSUFFICIENT', 'joining this group needs an approval');
}

export function groupNotFound(): DomainError {
  return new DomainError('GROUP_NOT_FOUND', 'there is no such group');
}
