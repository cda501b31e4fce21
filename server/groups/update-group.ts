import { invalidField } from '../lib/errors.ts';
import type { GroupSettings } from '../store/seam/groups.ts';
import type { GroupRecord, UserRecord } from '../store/seam/records.ts';
import { changeGroup } from './change-group.ts';
import { checkGroupDescription, checkGroupName, checkMemberLimit } from './group-rules.ts';
import type { GroupsParts } from './groups.ts';

/**
 * Changes what is given of a group's settings, by one entry that holds what is other than before; a no-op where
 * nothing is. `memberLimit` 0: the default.
 *
 * @throws DomainError INVALID_FIELD (by its path in UpdateGroup), GROUP_NOT_FOUND, ROLE_INSUFFICIENT
 */
export async function updateGroup(
  parts: GroupsParts,
  user: UserRecord,
  groupId: number,
  wanted: Partial<GroupSettings>,
): Promise<void> {
  const settings = checked(wanted);
  await changeGroup(parts, {
    groupId,
    actor: user,
    decide: (scene) => {
      scene.check('updateGroup', user.id);
      const changes = changesOf(scene.group, settings);
      if (Object.keys(changes).length === 0) return [];
      if (changes.memberLimit !== undefined && changes.memberLimit < scene.members.length) {
        throw invalidField('group.member_limit', `not below the number of members, ${scene.members.length}`);
      }
      return [{ kind: 'settings', changes }];
    },
  });
}

function checked(wanted: Partial<GroupSettings>): Partial<GroupSettings> {
  const { name, description, memberLimit } = wanted;
  return {
    ...wanted,
    ...(name !== undefined && { name: checkGroupName(name, 'group.name') }),
    ...(description !== undefined && { description: checkGroupDescription(description, 'group.description') }),
    ...(memberLimit !== undefined && { memberLimit: checkMemberLimit(memberLimit, 'group.member_limit') }),
  };
}

function changesOf(group: GroupRecord, settings: Partial<GroupSettings>): Partial<GroupSettings> {
  const differs = ([key, value]: [string, unknown]) =>
    value !== undefined && group[key as keyof GroupSettings] !== value;
  return Object.fromEntries(Object.entries(settings).filter(differs));
}
