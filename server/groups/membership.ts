import { publishEntry } from '../messages/publish-entry.ts';
import { DomainError, userNotFound } from '../lib/errors.ts';
import type { Entry, MembershipChangeKind } from '../store/seam/entry.ts';
import type { GroupRecord, GroupRole, MemberRecord, UserRecord } from '../store/seam/records.ts';
import type { Transaction } from '../store/seam/transaction.ts';
import { checkMayInvite, checkMayJoin, groupNotFound } from './group-rules.ts';
import { conversationOfGroup, type GroupsParts } from './groups.ts';
import { membershipEntry } from './membership-entry.ts';

/** What a change is decided by, all read under the lock of the group's conversation. */
interface Scene {
  readonly group: GroupRecord;
  readonly members: readonly MemberRecord[];
}

interface Change {
  readonly change: MembershipChangeKind;
  readonly actor: UserRecord;
  readonly subject: UserRecord;
  readonly role: GroupRole | null;
}

/**
 * Who comes and goes. Each change takes the lock of the group's conversation, is an entry of its log, and raises its
 * members_version: it holds from the very next entry on.
 */
export class Membership {
  readonly #parts: GroupsParts;

  constructor(parts: GroupsParts) {
    this.#parts = parts;
  }

  /** @throws DomainError GROUP_NOT_FOUND, GROUP_NOT_OPEN, GROUP_FULL */
  async join(user: UserRecord, groupId: number): Promise<void> {
    await this.#change(groupId, user.id, ({ group, members }) => {
      // A group that its last member has left is over: whoever joined would be in it without an owner.
      if (members.length === 0) throw groupNotFound();
      if (isMember(members, user.id)) return null;
      checkMayJoin(group.joinPolicy);
      checkRoom(group, members);
      return { change: 'joined', actor: user, subject: user, role: 'member' };
    });
  }

  /** @throws DomainError GROUP_NOT_FOUND, USER_NOT_FOUND, ROLE_INSUFFICIENT, RECIPIENT_UNAVAILABLE, GROUP_FULL */
  async invite(user: UserRecord, groupId: number, inviteeId: number): Promise<void> {
    const invitee = await this.#parts.store.accounts.byId(inviteeId);
    if (invitee === undefined) throw userNotFound();
    await this.#change(groupId, inviteeId, async ({ group, members }, tx) => {
      const inviter = members.find((member) => member.userId === user.id);
      if (inviter === undefined) throw groupNotFound();
      checkMayInvite(inviter.role, group.joinPolicy);
      if (isMember(members, inviteeId)) return null;
      checkRoom(group, members);
      const between = await tx.friends.between([[user.id, inviteeId]]);
      if (between.some((row) => row.status === 'blocked')) {
        throw new DomainError('RECIPIENT_UNAVAILABLE', 'this user can not be invited');
      }
      return { change: 'invited', actor: user, subject: invitee, role: 'member' };
    });
  }

  /** A no-op for those who left. @throws DomainError GROUP_NOT_FOUND, OWNER_CANNOT_LEAVE */
  async leave(user: UserRecord, groupId: number): Promise<void> {
    const conversationId = await conversationOfGroup(this.#parts.store, groupId);
    if ((await this.#parts.store.log.standing(user.id, conversationId)) === undefined) throw groupNotFound();
    await this.#change(groupId, user.id, ({ members }) => {
      const member = members.find(({ userId }) => userId === user.id);
      if (member === undefined) return null;
      if (member.role === 'owner' && members.length > 1) {
        throw new DomainError('OWNER_CANNOT_LEAVE', 'the owner can not leave while others are members');
      }
      return { change: 'left', actor: user, subject: user, role: null };
    });
  }

  async #change(
    groupId: number,
    subjectId: number,
    decide: (scene: Scene, tx: Transaction) => Change | null | Promise<Change | null>,
  ): Promise<void> {
    const { store, bus, events } = this.#parts;
    const conversationId = await conversationOfGroup(store, groupId);
    const done = await store.transact(
      async (tx) => {
        const [head] = await tx.log.lock([conversationId], 'wait');
        const group = await tx.groups.byId(groupId);
        if (head === undefined || group === undefined) throw groupNotFound();
        const members = (await tx.groups.members([groupId])).get(groupId) ?? [];
        const change = await decide({ group, members }, tx);
        if (change === null) return null;
        const at = this.#parts.clock.now();
        const entry = membershipEntry({ ...change, head, groupId, at });
        await tx.log.append([{ entry, requestHash: null }], [conversationId]);
        await applyPeriod(tx, groupId, entry, change, at);
        return { entry, change, membersVersion: head.membersVersion + 1 };
      },
      { repeatable: true },
    );
    if (done !== null) {
      events.membershipChanged(groupId, subjectId, done.change.change);
      publishEntry(bus, done.entry, done.membersVersion);
    }
    // Also where nothing changed: a retry after a commit of unknown fate still reaches the user's streams.
    bus.publish(`user:${subjectId}`, { type: 'membership', conversationId, userId: subjectId });
  }
}

async function applyPeriod(tx: Transaction, groupId: number, entry: Entry, change: Change, at: number): Promise<void> {
  if (change.role === null) await tx.groups.closePeriod(groupId, change.subject.id, entry.seq, at);
  else await tx.groups.openPeriod(groupId, change.subject.id, entry.seq, change.role, at);
}

function isMember(members: readonly MemberRecord[], userId: number): boolean {
  return members.some((member) => member.userId === userId);
}

function checkRoom(group: GroupRecord, members: readonly MemberRecord[]): void {
  if (members.length >= group.memberLimit) {
    throw new DomainError('GROUP_FULL', `the group has ${group.memberLimit} members, its limit`);
  }
}
