import type { Entry } from '../store/seam/entry.ts';
import type { PresenceStatus } from '../store/seam/presence.ts';
import type { Target } from '../store/seam/records.ts';

/** What replicas tell each other. It is a hint: whatever is lost is found again in the log, or was not to last. */
export type BusEvent =
  | { readonly type: 'entry'; readonly entry: Entry; readonly membersVersion: number }
  | { readonly type: 'membership'; readonly conversationId: number; readonly userId: number }
  | { readonly type: 'session-revoked'; readonly userId: number; readonly sessionId: number }
  /** The account of `userId` has another name or other settings. */
  | { readonly type: 'account-changed'; readonly userId: number }
  /** Two users became friends, or stopped being it: for the streams of `userId`, and likewise for the other's. */
  | { readonly type: 'friendship'; readonly userId: number; readonly friendId: number }
  | Signal;

/**
 * What is told live and never stored. `to`: the one user whose streams are told; null: the members of the group, but
 * for `userId`.
 */
export type Signal =
  /** The cursors of `userId` in a conversation, as they are stored. */
  | {
      readonly type: 'receipt';
      readonly to: number | null;
      readonly conversationId: number;
      readonly userId: number;
      readonly deliveredSeq: number;
      readonly readSeq: number;
    }
  /** `target`: as in an entry that `userId` sends there. */
  | {
      readonly type: 'typing';
      readonly to: number | null;
      readonly conversationId: number;
      readonly userId: number;
      readonly target: Target;
      readonly stopped: boolean;
    }
  /** How a friend is there, as `to` may see it. */
  | {
      readonly type: 'presence';
      readonly to: number;
      readonly userId: number;
      readonly status: PresenceStatus;
      readonly lastSeenAt: number | null;
    };

/** `user:<id>` for one user's devices, `group:<id>` for a group's members. */
export type Channel = `user:${number}` | `group:${number}`;

/** `degraded`: what is published may be lost, until it is `up` again. */
export type BusState = 'up' | 'degraded';

/**
 * Carries events to the replicas that have subscribed to a channel, this one included. Per channel and publisher in
 * order; at most once; an event may be lost, never damaged.
 */
export interface Bus extends AsyncDisposable {
  /**
   * Returns once everything published from now on will arrive; while the bus is degraded at once, and what is subscribed
   * to arrives again when it is up. Subscribing twice counts once.
   */
  subscribe(channels: readonly Channel[]): Promise<void>;
  unsubscribe(channels: readonly Channel[]): Promise<void>;
  /** Never throws and never waits: a publish that fails is lost. */
  publish(channel: Channel, event: BusEvent): void;
  /** Sets the one receiver of everything that arrives. */
  onEvent(receive: (event: BusEvent) => void): void;
  readonly state: BusState;
  /**
   * Sets the one listener of changes of `state`. Told `degraded`, it must look for events elsewhere; told `up`, once
   * more: what was published before may be lost, what is published from now on to any channel subscribed to arrives.
   */
  onState(changed: (state: BusState) => void): void;
}
