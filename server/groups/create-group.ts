import { createHash } from 'node:crypto';

import { DomainError } from '../lib/errors.ts';
import { checkUuid } from '../messages/content-rules.ts';
import { publishEntry } from '../messages/publish-entry.ts';
import type { GroupRecord, JoinPolicy, UserRecord } from '../store/seam/records.ts';
import type { GroupSettings } from '../store/seam/groups.ts';
import { DuplicateKey } from '../store/seam/failures.ts';
import { checkGroupDescription, checkGroupName, checkMemberLimit } from './group-rules.ts';
import { checkStillThere } from './group-steps.ts';
import type { GroupsParts } from './groups.ts';
import { membershipEntry } from './membership-entry.ts';

export interface NewGroup {
  readonly name: string;
  readonly description: string;
  readonly joinPolicy: JoinPolicy;
  /** 0: the default. */
  readonly memberLimit: number;
  /** Default: false. */
  readonly historyVisible?: boolean;
  /** A UUID; empty: a retry makes another group. */
  readonly requestId: string;
}

/**
 * Makes a group; its log begins with the owner's joining. The same request id gives the same group.
 *
 * @throws DomainError INVALID_FIELD, REQUEST_ID_REUSED
 */
export async function createGroup(parts: GroupsParts, owner: UserRecord, wanted: NewGroup): Promise<GroupRecord> {
  const { store, bus } = parts;
  const requestId = wanted.requestId === '' ? null : checkUuid(wanted.requestId, 'request_id');
  const checked = {
    name: checkGroupName(wanted.name),
    description: checkGroupDescription(wanted.description),
    memberLimit: checkMemberLimit(wanted.memberLimit),
    joinPolicy: wanted.joinPolicy,
    historyVisible: wanted.historyVisible ?? false,
  };
  const requestHash = createHash('sha256').update(JSON.stringify(checked)).digest();
  const repeated = async () => {
    const before = requestId === null ? undefined : await store.groups.byRequestId(owner.id, requestId);
    if (before === undefined) return undefined;
    if (Buffer.compare(before.requestHash, requestHash) === 0) return before.group;
    throw new DomainError('REQUEST_ID_REUSED', 'request_id was used before with other arguments');
  };
  const make = async () => {
    try {
      return await insertGroup(parts, owner, { ...checked, requestId, requestHash });
    } catch (error) {
      const winner = error instanceof DuplicateKey ? await repeated() : undefined;
      if (winner === undefined) throw error;
      return winner;
    }
  };
  const group = (await repeated()) ?? (await make());
  // Also for a repeat: after a commit of unknown fate it still reaches the owner's streams.
  const { conversationId } = group;
  bus.publish(`user:${owner.id}`, { type: 'membership', conversationId, userId: owner.id });
  return group;
}

async function insertGroup(
  { store, bus, clock, events }: GroupsParts,
  owner: UserRecord,
  group: GroupSettings & { requestId: string | null; requestHash: Uint8Array },
): Promise<GroupRecord> {
  const at = clock.now();
  // A commit of unknown fate is answered by the unique request id; without one, nothing may be tried twice.
  const made = await store.transact(
    async (tx) => {
      const { groupId, conversationId } = await tx.groups.insert({ ...group, ownerId: owner.id, createdAt: at });
      const [head] = await tx.log.lock([conversationId], 'wait');
      if (head === undefined) throw new Error(`conversation ${conversationId} vanished while its group was made`);
      const entry = membershipEntry({
        head,
        groupId,
        actor: owner,
        subject: owner,
        change: 'joined',
        role: 'owner',
        at,
      });
      await tx.log.append([{ entry, requestHash: null }], [conversationId]);
      await tx.groups.openPeriod(groupId, owner.id, entry.seq, 'owner');
      await checkStillThere(tx, owner.id, 'caller');
      const record = await tx.groups.byId(groupId);
      if (record === undefined) throw new Error(`group ${groupId} vanished while it was made`);
      return { record, entry, membersVersion: head.membersVersion + 1 };
    },
    { repeatable: group.requestId !== null },
  );
  events.groupCreated(made.record.id, owner.id);
  publishEntry(bus, made.entry, made.membersVersion);
  return made.record;
}
