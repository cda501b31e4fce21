import type { Bus } from '../bus/bus.ts';
import type { Entry } from '../store/seam/entry.ts';
import type { ConversationFacts } from '../store/seam/records.ts';

/** Tells every replica of a committed entry: a direct one on both users' channels, else on the group's. */
export function publishEntry(bus: Bus, entry: Entry, membersVersion: number): void {
  const event = { type: 'entry', entry, membersVersion } as const;
  if (entry.target.kind === 'group') {
    bus.publish(`group:${entry.target.groupId}`, event);
    return;
  }
  bus.publish(`user:${entry.target.userId}`, event);
  if (entry.senderId !== entry.target.userId) bus.publish(`user:${entry.senderId}`, event);
}

/**
 * A repeat may stand for a commit that nobody was told of: its connection or its replica was lost. The streams of the
 * two look into the log; it is not published again, as it may have been changed since. (Groups have a tail wherever a
 * member is, which finds it by itself.)
 */
export function publishRepeat(bus: Bus, facts: ConversationFacts): void {
  if (facts.kind === 'group') return;
  for (const userId of facts.users) {
    bus.publish(`user:${userId}`, { type: 'membership', conversationId: facts.id, userId });
  }
}
