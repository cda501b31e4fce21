import type { PresenceStatus } from '../store/seam/presence.ts';

export interface PresenceState {
  readonly status: PresenceStatus;
  /** UTC milliseconds; null while there, where it is hidden, and where the user was never there. */
  readonly lastSeenAt: number | null;
}

/** Who has a stream open, on any replica, and whether they do something there. */
export interface Presence extends AsyncDisposable {
  /** A stream of the user has opened here. */
  arrive(userId: number): void;
  /** The user has done something on a stream here: who does nothing for a while is away. */
  active(userId: number): void;
  /** A stream of the user has ended here; the last one makes them offline. */
  leave(userId: number): void;
  /** As friends may see it. */
  states(userIds: readonly number[]): Promise<Map<number, PresenceState>>;
  /** Sets the one listener, who is told at once of what changes here, hidden or not. */
  onChange(changed: (userId: number, status: Exclude<PresenceStatus, 'hidden'>) => void): void;
}
