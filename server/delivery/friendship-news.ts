import type { Presence } from '../presence/presence.ts';
import type { FriendStore } from '../store/seam/friends.ts';
import type { Events } from '../telemetry/events.ts';
import type { Dispatcher } from './dispatcher.ts';

export interface FriendshipNewsParts {
  readonly presence: Presence;
  readonly friends: Pick<FriendStore, 'ids'>;
  readonly dispatcher: Pick<Dispatcher, 'receive'>;
  readonly events: Events;
}

/**
 * Shows a user's streams here a new friend's presence, and that of a former one no longer. How the two stand is looked
 * up when it is told, one look-up after the other: the last change is told last.
 */
export class FriendshipNews {
  readonly #parts: FriendshipNewsParts;
  readonly #due = new Map<string, { readonly userId: number; readonly friendId: number }>();
  #telling = false;

  constructor(parts: FriendshipNewsParts) {
    this.#parts = parts;
  }

  changed(userId: number, friendId: number): void {
    this.#due.set(`${userId}:${friendId}`, { userId, friendId });
    if (!this.#telling) void this.#tellAll();
  }

  async #tellAll(): Promise<void> {
    this.#telling = true;
    for (const [key, { userId, friendId }] of this.#due) {
      this.#due.delete(key);
      try {
        await this.#tell(userId, friendId);
      } catch (cause) {
        // Lost, as on the bus: the list of friends tells.
        this.#parts.events.workFailed('telling of a friendship', cause);
      }
    }
    this.#telling = false;
  }

  async #tell(to: number, userId: number): Promise<void> {
    const { friends, presence, dispatcher } = this.#parts;
    const areFriends = (await friends.ids(to)).includes(userId);
    const state = areFriends ? (await presence.states([userId])).get(userId) : undefined;
    const { status, lastSeenAt } = state ?? { status: 'hidden', lastSeenAt: null };
    dispatcher.receive({ type: 'presence', to, userId, status, lastSeenAt });
  }
}
