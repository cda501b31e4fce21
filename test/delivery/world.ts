import { MemoryBus } from '../../server/bus/memory-bus.ts';
import { createGroup } from '../../server/groups/create-group.ts';
import { systemClock } from '../../server/lib/clock.ts';
import type { GroupRecord, UserRecord } from '../../server/store/seam/records.ts';
import type { Store } from '../../server/store/seam/store.ts';
import { silentEvents } from '../domain/domain.ts';

let serial = 0;

export function makeUser(store: Store): Promise<UserRecord> {
  const name = `user${(serial += 1)}`;
  return store.accounts.insert({ name, foldedName: name, passwordHash: '-', createdAt: 0 });
}

export function makeGroup(store: Store, owner: UserRecord): Promise<GroupRecord> {
  const wanted = { name: 'team', description: '', joinPolicy: 'open' as const, memberLimit: 0, requestId: '' };
  return createGroup({ store, bus: new MemoryBus(), clock: systemClock, events: silentEvents }, owner, wanted);
}

/** The seqs that a user may read after a place, as the store itself says. */
export async function visibleAfter(
  store: Store,
  userId: number,
  conversationId: number,
  seq: number,
): Promise<number[]> {
  const limits = { limit: 1_000, maxBytes: 1e9 };
  const { entries } = await store.log.readVisible(userId, conversationId, { afterSeq: seq }, limits);
  return entries.map((entry) => entry.seq);
}
