import type { Entry } from '../store/seam/entry.ts';

/** What replicas tell each other. It is a hint: whatever is lost is found again in the log. */
export type BusEvent =
  | { readonly type: 'entry'; readonly entry: Entry; readonly membersVersion: number }
  | { readonly type: 'membership'; readonly conversationId: number; readonly userId: number }
  | { readonly type: 'session-revoked'; readonly userId: number; readonly sessionId: number };

/** `user:<id>` for one user's devices, `group:<id>` for a group's members. */
export type Channel = `user:${number}` | `group:${number}`;

/**
 * Carries events to the replicas that have subscribed to a channel, this one included. Per channel and publisher in
 * order; at most once; an event may be lost, never damaged.
 */
export interface Bus extends AsyncDisposable {
  /** Returns once everything published from now on will arrive. Subscribing twice counts once. */
  subscribe(channels: readonly Channel[]): Promise<void>;
  unsubscribe(channels: readonly Channel[]): Promise<void>;
  /** Never throws and never waits: a publish that fails is lost. */
  publish(channel: Channel, event: BusEvent): void;
  /** Sets the one receiver of everything that arrives. */
  onEvent(receive: (event: BusEvent) => void): void;
}
