import type { DomainError } from '../lib/errors.ts';
import type { SendOutcome } from '../messages/send.ts';
import type { UserCursor } from '../store/seam/cursors.ts';
import type { Entry } from '../store/seam/entry.ts';
import type { PresenceStatus } from '../store/seam/presence.ts';
import type { Target, UserRecord } from '../store/seam/records.ts';
import type { Departure } from './draining.ts';

/** What a stream is told, apart from entries and results, which are gathered. */
export type Notice =
  | {
      readonly type: 'welcome';
      readonly user: UserRecord;
      readonly sessionId: number;
      readonly protocolVersion: number;
      readonly logEpoch: string;
      readonly serverTime: number;
    }
  | { readonly type: 'skip'; readonly conversationId: number; readonly fromSeq: number; readonly toSeq: number }
  | { readonly type: 'reset'; readonly conversationId: number; readonly seq: number }
  | { readonly type: 'caught-up' }
  | { readonly type: 'pong'; readonly nonce: bigint }
  | { readonly type: 'go-away'; readonly reason: GoAwayReason; readonly reconnect: boolean; readonly afterMs: number }
  | {
      readonly type: 'frame-error';
      readonly frame: string;
      readonly conversationId: number;
      readonly error: DomainError;
    }
  | { readonly type: 'receipts'; readonly cursors: readonly UserCursor[] }
  | TypingNotice
  | PresenceNotice;

export interface TypingNotice {
  readonly type: 'typing';
  readonly conversationId: number;
  readonly userId: number;
  readonly target: Target;
  readonly stopped: boolean;
}

export interface PresenceNotice {
  readonly type: 'presence';
  readonly userId: number;
  readonly status: PresenceStatus;
  readonly lastSeenAt: number | null;
}

export type GoAwayReason = Departure | 'token_invalid' | 'slow_consumer';

/** One frame to write. */
export type Outbound =
  | Notice
  | { readonly type: 'deliver'; readonly entries: readonly Entry[] }
  | { readonly type: 'results'; readonly results: readonly SendOutcome[] };
