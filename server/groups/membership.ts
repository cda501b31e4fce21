import { DomainError, userNotFound } from '../lib/errors.ts';
import type { UserRecord } from '../store/seam/records.ts';
import type { Transaction } from '../store/seam/transaction.ts';
import { changeGroup } from './change-group.ts';
import type { GroupScene } from './group-scene.ts';
import { checkStillThere } from './group-steps.ts';
import { conversationOfGroup, type GroupsParts } from './groups.ts';

/** At most so many wait for an answer, in one group. */
export const JOIN_REQUESTS_MAX = 1_000;

/** Who comes and goes, and who asks to. */
export class Membership {
  readonly #parts: GroupsParts;

  constructor(parts: GroupsParts) {
    this.#parts = parts;
  }

  /**
   * Joins an open group, or asks to join one that wants an approval. A no-op for members, and for those who ask.
   *
   * @throws DomainError GROUP_NOT_FOUND, GROUP_FULL, LIMIT_REACHED
   */
  async join(user: UserRecord, groupId: number): Promise<void> {
    await changeGroup(this.#parts, {
      groupId,
      actor: user,
      concerns: user.id,
      decide: async (scene, tx) => {
        scene.check('joinGroup', user.id);
        if (scene.member(user.id) !== undefined) return [];
        if (scene.group.joinPolicy === 'approval') {
          await this.#ask(tx, groupId, user.id);
          return [];
        }
        checkRoom(scene);
        return [{ kind: 'enter', change: 'joined', subject: user }];
      },
    });
  }

  /**
   * A no-op for members.
   *
   * @throws DomainError GROUP_NOT_FOUND, USER_NOT_FOUND, ROLE_INSUFFICIENT, RECIPIENT_UNAVAILABLE, GROUP_FULL
   */
  async invite(user: UserRecord, groupId: number, inviteeId: number): Promise<void> {
    const invitee = await this.#parts.store.accounts.byId(inviteeId);
    if (invitee === undefined) throw userNotFound();
    await changeGroup(this.#parts, {
      groupId,
      actor: user,
      concerns: inviteeId,
      decide: async (scene, tx) => {
        scene.check('inviteMember', user.id);
        if (scene.member(inviteeId) !== undefined) return [];
        checkRoom(scene);
        const between = await tx.friends.between([[user.id, inviteeId]]);
        if (between.some((row) => row.status === 'blocked')) {
          throw new DomainError('RECIPIENT_UNAVAILABLE', 'this user can not be invited');
        }
        return [{ kind: 'enter', change: 'invited', subject: invitee }];
      },
    });
  }

  /** Takes back a request to join. A no-op for those who left. @throws DomainError GROUP_NOT_FOUND, OWNER_CANNOT_LEAVE */
  async leave(user: UserRecord, groupId: number): Promise<void> {
    const { store } = this.#parts;
    const before = await store.log.standing(user.id, await conversationOfGroup(store, groupId));
    await changeGroup(this.#parts, {
      groupId,
      actor: user,
      concerns: user.id,
      decide: async (scene, tx) => {
        if (scene.member(user.id) === undefined) {
          const { asked } = await tx.groups.joinRequests(groupId, user.id);
          if (asked) await tx.groups.dropJoinRequests(groupId, user.id);
          else if (before === undefined) scene.check('leaveGroup', user.id);
          return [];
        }
        scene.check('leaveGroup', user.id);
        return [{ kind: 'exit', change: 'left', subject: user }];
      },
    });
  }

  /** A no-op for who is no member. @throws DomainError GROUP_NOT_FOUND, ROLE_INSUFFICIENT */
  async remove(user: UserRecord, groupId: number, memberId: number): Promise<void> {
    await changeGroup(this.#parts, {
      groupId,
      actor: user,
      concerns: memberId,
      decide: async (scene, tx) => {
        scene.check('removeMember', user.id, memberId);
        const member = scene.member(memberId) && (await tx.accounts.byId(memberId));
        return member === undefined ? [] : [{ kind: 'exit', change: 'removed', subject: member }];
      },
    });
  }

  /** Drops a request to join; a no-op where there is none. @throws DomainError GROUP_NOT_FOUND, ROLE_INSUFFICIENT */
  async decline(user: UserRecord, groupId: number, requesterId: number): Promise<void> {
    await changeGroup(this.#parts, {
      groupId,
      actor: user,
      decide: async (scene, tx) => {
        scene.check('declineJoinRequest', user.id);
        await tx.groups.dropJoinRequests(groupId, requesterId);
        return [];
      },
    });
  }

  async #ask(tx: Transaction, groupId: number, userId: number): Promise<void> {
    const { waiting, asked } = await tx.groups.joinRequests(groupId, userId);
    if (asked) return;
    if (waiting >= JOIN_REQUESTS_MAX) {
      throw new DomainError('LIMIT_REACHED', `${JOIN_REQUESTS_MAX} users wait for this group's admins already`, {
        metadata: { limit: String(JOIN_REQUESTS_MAX) },
      });
    }
    await tx.groups.addJoinRequest(groupId, userId, this.#parts.clock.now());
    await checkStillThere(tx, userId, 'caller');
  }
}

/** @throws DomainError GROUP_FULL */
function checkRoom({ group, members }: GroupScene): void {
  if (members.length >= group.memberLimit) {
    throw new DomainError('GROUP_FULL', `the group has ${group.memberLimit} members, its limit`);
  }
}
