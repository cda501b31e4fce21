export interface PresenceState {
  readonly online: boolean;
  /** UTC milliseconds; null while online and where the user was never there. */
  readonly lastSeenAt: number | null;
}

/** Who has a stream open, on any replica. */
export interface Presence extends AsyncDisposable {
  /** A stream of the user has opened here. */
  arrive(userId: number): void;
  /** A stream of the user has ended here; the last one makes them offline. */
  leave(userId: number): void;
  states(userIds: readonly number[]): Promise<Map<number, PresenceState>>;
}
