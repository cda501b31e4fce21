import { userNotFound } from '../lib/errors.ts';
import type { GroupRole, UserRecord } from '../store/seam/records.ts';
import type { Transaction } from '../store/seam/transaction.ts';
import { changeGroup } from './change-group.ts';
import type { GroupScene } from './group-scene.ts';
import type { GroupsParts } from './groups.ts';

/** Who may do what: the roles of a group's members. */
export class Roles {
  readonly #parts: GroupsParts;

  constructor(parts: GroupsParts) {
    this.#parts = parts;
  }

  /** A no-op where it is their role. @throws DomainError GROUP_NOT_FOUND, USER_NOT_FOUND, ROLE_INSUFFICIENT */
  async set(user: UserRecord, groupId: number, memberId: number, role: Exclude<GroupRole, 'owner'>): Promise<void> {
    await changeGroup(this.#parts, {
      groupId,
      actor: user,
      decide: async (scene, tx) => {
        scene.check('setMemberRole', user.id, memberId);
        const member = await readMember(scene, tx, memberId);
        return member.role === role ? [] : [{ kind: 'role', subject: member.user, role }];
      },
    });
  }

  /**
   * Makes another member the owner, and the owner an admin. A no-op where that is done.
   *
   * @throws DomainError GROUP_NOT_FOUND, USER_NOT_FOUND, ROLE_INSUFFICIENT
   */
  async transferOwnership(user: UserRecord, groupId: number, memberId: number): Promise<void> {
    await changeGroup(this.#parts, {
      groupId,
      actor: user,
      decide: async (scene, tx) => {
        scene.check('transferOwnership', user.id, memberId);
        const member = await readMember(scene, tx, memberId);
        if (member.role === 'owner') return [];
        return [
          { kind: 'role', subject: member.user, role: 'owner' },
          { kind: 'role', subject: user, role: 'admin' },
        ];
      },
    });
  }
}

/** @throws DomainError USER_NOT_FOUND for who is no member */
async function readMember(
  scene: GroupScene,
  tx: Transaction,
  memberId: number,
): Promise<{ user: UserRecord; role: GroupRole }> {
  const member = scene.member(memberId);
  const user = member && (await tx.accounts.byId(memberId));
  if (member === undefined || user === undefined) throw userNotFound();
  return { user, role: member.role };
}
