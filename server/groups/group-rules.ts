import { DomainError, invalidField } from '../lib/errors.ts';
import { checkLabel } from '../lib/labels.ts';

export const GROUP_NAME_MAX_CHARACTERS = 64;
export const GROUP_DESCRIPTION_MAX_CHARACTERS = 512;
export const MEMBER_LIMIT_MIN = 2;
export const MEMBER_LIMIT_MAX = 500;

/** @throws DomainError INVALID_FIELD */
export function checkGroupName(name: string, field = 'name'): string {
  return checkLabel(name.length > 2 * GROUP_NAME_MAX_CHARACTERS ? name : name.trim(), field, {
    min: 1,
    max: GROUP_NAME_MAX_CHARACTERS,
  });
}

/** @throws DomainError INVALID_FIELD */
export function checkGroupDescription(description: string, field = 'description'): string {
  return checkLabel(description, field, { min: 0, max: GROUP_DESCRIPTION_MAX_CHARACTERS, lines: true });
}

/** 0 stands for the default. @throws DomainError INVALID_FIELD */
export function checkMemberLimit(limit: number, field = 'member_limit'): number {
  if (limit === 0) return MEMBER_LIMIT_MAX;
  if (limit < MEMBER_LIMIT_MIN || limit > MEMBER_LIMIT_MAX) {
    throw invalidField(field, `${MEMBER_LIMIT_MIN} to ${MEMBER_LIMIT_MAX}`);
  }
  return limit;
}

export function groupNotFound(): DomainError {
  return new DomainError('GROUP_NOT_FOUND', 'there is no such group');
}
