import type { PresenceStatus } from '../store/seam/presence.ts';

export interface PresenceState {
  readonly status: PresenceStatus;
  /** UTC milliseconds; null while there, where it is hidden, and where the user was never there. */
  readonly lastSeenAt: number | null;
}

/** How a user is there, or not, whoever asks. */
export type OpenStatus = Exclude<PresenceStatus, 'hidden'>;

/** What is so, beside what friends have been told. */
export interface PresenceLook {
  /** As friends may see it. */
  readonly state: PresenceState;
  /** What friends were told last, by any replica. */
  readonly told: OpenStatus;
  /** The part of this replica in it: how the user is here. */
  readonly here: OpenStatus;
}

/** Who has a stream open, on any replica, and whether they do something there. */
export interface Presence extends AsyncDisposable {
  /** A stream of the user has opened here. */
  arrive(userId: number): void;
  /** The user has done something on a stream here: who does nothing for a while is away. */
  active(userId: number): void;
  /** A stream of the user has ended here; the last one of all makes them offline. */
  leave(userId: number): void;
  /** As friends may see it. Answers within 2 s, by what is known here and stored, while other replicas can't be asked. */
  states(userIds: readonly number[]): Promise<Map<number, PresenceState>>;
  /**
   * What there is to tell friends. What has changed here is known to the other replicas before theirs is read: of two
   * that change at the same time, at least one sees both.
   *
   * @throws RegistryUnavailable while other replicas can't be asked
   */
  look(userIds: readonly number[]): Promise<Map<number, PresenceLook>>;
  /** Friends know the part of this replica in how the user is, as it was looked up; `offline`: they are told nothing. */
  settle(userId: number, here: OpenStatus): void;
  /** Sets the one listener, who is told at once of what changes here, hidden or not. */
  onChange(changed: (userId: number, status: OpenStatus) => void): void;
  /** Sets the one listener who is told of users of whom friends may have been told what is no longer so. */
  onDoubt(doubted: (userIds: readonly number[]) => void): void;
}
