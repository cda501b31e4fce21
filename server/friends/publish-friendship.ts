import type { Bus } from '../bus/bus.ts';

/** Tells both users' streams that the two became friends, or stopped being it. */
export function publishFriendship(bus: Bus, userId: number, friendId: number): void {
  bus.publish(`user:${userId}`, { type: 'friendship', userId, friendId });
  bus.publish(`user:${friendId}`, { type: 'friendship', userId: friendId, friendId: userId });
}
