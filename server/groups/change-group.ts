import { publishEntry } from '../messages/publish-entry.ts';
import type { Entry, EntryBody } from '../store/seam/entry.ts';
import type { ConversationHead, UserRecord } from '../store/seam/records.ts';
import type { Transaction } from '../store/seam/transaction.ts';
import type { Events } from '../telemetry/events.ts';
import { groupNotFound } from './group-rules.ts';
import { GroupScene } from './group-scene.ts';
import { applyStep, bodyOf, type GroupStep, movedBy } from './group-steps.ts';
import { conversationOfGroup, type GroupsParts } from './groups.ts';
import { groupEntry } from './membership-entry.ts';

export interface GroupChange {
  readonly groupId: number;
  readonly actor: UserRecord;
  /**
   * Judges what is there, and says what is to happen; nothing where it has happened already. What is no entry of the
   * log it writes itself.
   */
  decide(scene: GroupScene, tx: Transaction): GroupStep[] | Promise<GroupStep[]>;
  /** Whose streams look whether they are in or out, also where nothing happens: a repeat may follow a lost answer. */
  readonly concerns?: number;
}

/**
 * The one way in which a group changes: under the lock of its conversation, by entries of its log and under a new
 * members_version, all in one transaction; told after the commit. It holds from the very next entry on.
 *
 * @throws DomainError GROUP_NOT_FOUND, and what `decide` throws
 */
export async function changeGroup(parts: GroupsParts, change: GroupChange): Promise<void> {
  const { store, bus, clock, events } = parts;
  const { groupId, actor } = change;
  const conversationId = await conversationOfGroup(store, groupId);
  const done = await store.transact(
    async (tx) => {
      const [head] = await tx.log.lock([conversationId], 'wait');
      const group = await tx.groups.byId(groupId);
      if (head === undefined || group === undefined) throw groupNotFound();
      const scene = new GroupScene(group, (await tx.groups.members([groupId])).get(groupId) ?? []);
      const steps = await change.decide(scene, tx);
      const entries = entriesOf(steps.map(bodyOf), { head, groupId, actor, at: clock.now() });
      if (entries.length > 0) await append(tx, entries, conversationId);
      for (const [index, step] of steps.entries()) {
        await applyStep(tx, scene, step, entries[index]!.seq);
      }
      return { entries, membersVersion: head.membersVersion + 1, moved: steps.flatMap((step) => movedBy(step, scene)) };
    },
    { repeatable: true },
  );
  for (const entry of done.entries) {
    note(events, groupId, entry);
    publishEntry(bus, entry, done.membersVersion);
  }
  const concerned = change.concerns === undefined ? done.moved : [change.concerns, ...done.moved];
  for (const userId of new Set(concerned)) {
    bus.publish(`user:${userId}`, { type: 'membership', conversationId, userId });
  }
}

function note(events: Events, groupId: number, { senderId, body }: Entry): void {
  if (body.kind === 'membership') events.membershipChanged(groupId, body.userId, body.change);
  if (body.kind === 'group_change') events.groupChanged(groupId, senderId, Object.keys(body.changes));
}

function append(tx: Transaction, entries: readonly Entry[], conversationId: number): Promise<void> {
  return tx.log.append(
    entries.map((entry) => ({ entry, requestHash: null })),
    [conversationId],
  );
}

function entriesOf(
  bodies: readonly EntryBody[],
  { head, ...parts }: { head: ConversationHead; groupId: number; actor: UserRecord; at: number },
): Entry[] {
  return bodies.map((body, index) => groupEntry({ ...parts, head: { ...head, lastSeq: head.lastSeq + index }, body }));
}
