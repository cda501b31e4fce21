import type { UserRecord } from '../store/seam/records.ts';
import { changeGroup } from './change-group.ts';
import type { GroupsParts } from './groups.ts';

/**
 * Ends a group: everybody is out, and it is not found any more; what they may read stays. A no-op for the owner of a
 * group that has ended.
 *
 * @throws DomainError GROUP_NOT_FOUND, ROLE_INSUFFICIENT
 */
export async function deleteGroup(parts: GroupsParts, user: UserRecord, groupId: number): Promise<void> {
  await changeGroup(parts, {
    groupId,
    actor: user,
    decide: (scene) => {
      if (scene.members.length === 0 && scene.group.ownerId === user.id) return [];
      scene.check('deleteGroup', user.id);
      return [{ kind: 'end' }];
    },
  });
}
