import { DomainError } from '../lib/errors.ts';
import type { EntryBody } from '../store/seam/entry.ts';
import type { GroupSettings } from '../store/seam/groups.ts';
import type { GroupRole, UserRecord } from '../store/seam/records.ts';
import type { Transaction } from '../store/seam/transaction.ts';
import type { GroupScene } from './group-scene.ts';

/** One change of a group: an entry of its log, and what it does to the group and its members. */
export type GroupStep =
  | { readonly kind: 'enter'; readonly change: 'joined' | 'invited'; readonly subject: UserRecord }
  | { readonly kind: 'exit'; readonly change: 'left' | 'removed'; readonly subject: UserRecord }
  /** As `owner`, the subject also becomes the one that the group names. */
  | { readonly kind: 'role'; readonly subject: UserRecord; readonly role: GroupRole }
  | { readonly kind: 'settings'; readonly changes: Partial<GroupSettings> }
  /** Everybody is out. */
  | { readonly kind: 'end' };

/** The entry that says so. */
export function bodyOf(step: GroupStep): EntryBody {
  switch (step.kind) {
    case 'enter':
      return membership(step.change, step.subject, 'member');
    case 'exit':
      return membership(step.change, step.subject, null);
    case 'role':
      return membership('role_changed', step.subject, step.role);
    case 'settings':
      return { kind: 'group_change', changes: step.changes };
    case 'end':
      return { kind: 'group_change', changes: { deleted: true } };
  }
}

function membership(
  change: Extract<EntryBody, { kind: 'membership' }>['change'],
  subject: UserRecord,
  role: GroupRole | null,
): EntryBody {
  return { kind: 'membership', change, userId: subject.id, userName: subject.name, role };
}

/** Who is a member from there on, or is not any more. */
export function movedBy(step: GroupStep, scene: GroupScene): number[] {
  if (step.kind === 'enter' || step.kind === 'exit') return [step.subject.id];
  return step.kind === 'end' ? scene.members.map(({ userId }) => userId) : [];
}

/** What the step does besides its entry, which is at `seq`. @throws DomainError TOKEN_INVALID, RECIPIENT_UNAVAILABLE */
export async function applyStep(
  tx: Transaction,
  { group, members }: GroupScene,
  step: GroupStep,
  seq: number,
): Promise<void> {
  switch (step.kind) {
    case 'enter':
      await tx.groups.openPeriod(group.id, step.subject.id, seq, 'member');
      await tx.groups.dropJoinRequests(group.id, step.subject.id);
      return checkStillThere(tx, step.subject.id, step.change === 'joined' ? 'caller' : 'other');
    case 'exit':
      await tx.groups.closePeriod(group.id, step.subject.id, seq);
      // Nobody is left who could answer them.
      if (members.length === 1) await tx.groups.dropJoinRequests(group.id);
      return;
    case 'role':
      await tx.groups.setRole(group.id, step.subject.id, step.role);
      if (step.role === 'owner') await tx.groups.update(group.id, { ownerId: step.subject.id });
      return;
    case 'settings':
      return tx.groups.update(group.id, step.changes);
    case 'end':
      await tx.groups.closePeriods(group.id, seq);
      await tx.groups.dropJoinRequests(group.id);
  }
}

/**
 * A row that names the user was written before: their account can't begin to be deleted until this transaction ends,
 * and whoever deletes it finds the row.
 *
 * @throws DomainError TOKEN_INVALID where it is the caller who is gone, else RECIPIENT_UNAVAILABLE
 */
export async function checkStillThere(tx: Transaction, userId: number, who: 'caller' | 'other'): Promise<void> {
  const user = await tx.accounts.byId(userId);
  if (user !== undefined && !user.deleted) return;
  throw who === 'caller'
    ? new DomainError('TOKEN_INVALID', 'the account is deleted')
    : new DomainError('RECIPIENT_UNAVAILABLE', 'this user can not be invited');
}
