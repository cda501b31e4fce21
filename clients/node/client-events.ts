import type { ConnectionState } from './chat-session.ts';
import type { ParleyError } from './errors.ts';
import type { Position, Presence, Receipt, Target } from './types.ts';

/** Somebody is typing, or has stopped. */
export interface TypingNotice {
  readonly target?: Target;
  readonly userId: number;
  readonly stopped: boolean;
}

/** The server is about to end the stream; the client comes back by itself where it may. */
export interface GoAwayNotice {
  readonly reason: 'unspecified' | 'draining' | 'token-invalid' | 'slow-consumer' | 'max-age' | 'log-replaced';
  readonly reconnect: boolean;
  readonly reconnectAfterMs: number | undefined;
}

/** A frame, or a part of it, was refused; the stream goes on. */
export interface FrameErrorNotice {
  /** The frame's field name in `ChatRequest`. */
  readonly frame: string;
  /** Unset where it is the whole frame. */
  readonly conversationId: number | undefined;
  readonly error: ParleyError;
}

/** Entries that can't be read any more: `messages()` goes on after them. */
export interface LostNotice {
  readonly conversationId: number;
  readonly fromSeq: number;
  readonly toSeq: number;
  readonly error: ParleyError;
}

/** What a client tells besides messages: event name → arguments. */
export interface ClientEvents {
  state: [ConnectionState];
  /** All that waited when the stream opened has come. Once per stream. */
  'caught-up': [];
  'go-away': [GoAwayNotice];
  'frame-error': [FrameErrorNotice];
  receipt: [Receipt];
  presence: [Presence];
  typing: [TypingNotice];
  /** The log was replaced: what one has of this conversation no longer counts, and it goes on after this position. */
  reset: [Position];
  lost: [LostNotice];
}
