import type { Bus } from '../bus/bus.ts';
import type { Entry } from '../store/records.ts';

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
