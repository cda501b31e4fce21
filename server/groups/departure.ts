import type { MemberRecord, UserRecord } from '../store/seam/records.ts';
import type { Transaction } from '../store/seam/transaction.ts';
import { changeGroup } from './change-group.ts';
import type { GroupScene } from './group-scene.ts';
import type { GroupStep } from './group-steps.ts';
import type { GroupsParts } from './groups.ts';

const PAGE_SIZE = 100;

/**
 * Takes a user whose account ends out of every group, one transaction a group, and takes back what they asked to join.
 * What they own goes to the admin, or else the member, who has been there longest; a group without others is deleted.
 * To be repeated where it failed; finds nothing to do where it is done.
 */
export async function leaveAllGroups(parts: GroupsParts, user: UserRecord): Promise<void> {
  const { groups } = parts.store;
  await eachPage(
    async (page) => (await groups.list(user.id, page)).map(({ group }) => group.id),
    (groupId) => leaveForGood(parts, user, groupId),
  );
  await eachPage(
    (page) => groups.requestedBy(user.id, page),
    (groupId) => leaveForGood(parts, user, groupId),
  );
}

async function eachPage(
  read: (page: { afterId: number; limit: number }) => Promise<number[]>,
  work: (id: number) => Promise<void>,
): Promise<void> {
  for (let afterId = 0; ;) {
    const ids = await read({ afterId, limit: PAGE_SIZE });
    for (const id of ids) await work(id);
    const last = ids.at(-1);
    if (last === undefined || ids.length < PAGE_SIZE) return;
    afterId = last;
  }
}

function leaveForGood(parts: GroupsParts, user: UserRecord, groupId: number): Promise<void> {
  return changeGroup(parts, {
    groupId,
    actor: user,
    concerns: user.id,
    decide: async (scene, tx) => {
      await tx.groups.dropJoinRequests(groupId, user.id);
      return stepsOut(scene, tx, user);
    },
  });
}

async function stepsOut(scene: GroupScene, tx: Transaction, user: UserRecord): Promise<GroupStep[]> {
  const member = scene.member(user.id);
  if (member === undefined) return [];
  const leave: GroupStep = { kind: 'exit', change: 'left', subject: user };
  if (member.role !== 'owner') return [leave];
  const heir = heirOf(scene.members.filter(({ userId }) => userId !== user.id));
  const owner = heir && (await tx.accounts.byId(heir.userId));
  return owner === undefined ? [{ kind: 'end' }] : [{ kind: 'role', subject: owner, role: 'owner' }, leave];
}

function heirOf(others: readonly MemberRecord[]): MemberRecord | undefined {
  const admins = others.filter(({ role }) => role === 'admin');
  return (admins.length > 0 ? admins : others).toSorted((a, b) => a.joinedSeq - b.joinedSeq)[0];
}
