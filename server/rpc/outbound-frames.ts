import { BinaryWriter } from '@bufbuild/protobuf/wire';

import {
  GoAwayReason as WireGoAwayReason,
  type Limits,
  type Receipt,
  type SendResult,
} from '../../proto/gen/parley/v1/chat.pb.ts';
import { ChatResponse } from '../../proto/gen/parley/v1/chat_service.pb.ts';
import type { GoAwayReason, Outbound } from '../delivery/outbound.ts';
import { MAX_PAYLOAD_BYTES, MAX_TEXT_BYTES } from '../messages/content-rules.ts';
import type { SendOutcome } from '../messages/send.ts';
import type { UserCursor } from '../store/seam/cursors.ts';
import type { Entry } from '../store/seam/entry.ts';
import { encodeEntry } from './encoded-entries.ts';
import { fromNumber } from './ids.ts';
import { toDuration, toStatus } from './status.ts';
import { toPresence, toTarget } from './wire.ts';
import { toReceipt } from './wire-entries.ts';

export const MAX_SEND_BATCH = 100;
export const MAX_POSITIONS = 1_000;
export const MAX_FRAME_BYTES = 1_048_576;

const LIMITS: Limits = {
  maxTextBytes: MAX_TEXT_BYTES,
  maxPayloadBytes: MAX_PAYLOAD_BYTES,
  maxSendBatch: MAX_SEND_BATCH,
  maxFrameBytes: MAX_FRAME_BYTES,
  maxPositions: MAX_POSITIONS,
};

const GO_AWAY_REASONS: Readonly<Record<GoAwayReason, WireGoAwayReason>> = {
  draining: WireGoAwayReason.GO_AWAY_REASON_DRAINING,
  token_invalid: WireGoAwayReason.GO_AWAY_REASON_TOKEN_INVALID,
  slow_consumer: WireGoAwayReason.GO_AWAY_REASON_SLOW_CONSUMER,
  max_age: WireGoAwayReason.GO_AWAY_REASON_MAX_AGE,
  log_replaced: WireGoAwayReason.GO_AWAY_REASON_LOG_REPLACED,
};

export interface Heartbeat {
  readonly heartbeatMs: number;
  readonly heartbeatMisses: number;
}

/** Makes the encoder of one server's ChatResponse frames. */
export function outboundEncoder(heartbeat: Heartbeat): (outbound: Outbound) => Buffer {
  return (outbound) => {
    if (outbound.type === 'deliver') return encodeDeliver(outbound.entries);
    return Buffer.from(ChatResponse.encode({ frame: toFrame(outbound, heartbeat) }).finish());
  };
}

/** ChatResponse.deliver (field 3) of Deliver.messages (field 1), around bytes that are encoded already. */
function encodeDeliver(entries: readonly Entry[]): Buffer {
  const writer = new BinaryWriter();
  writer.uint32((3 << 3) | 2).fork();
  for (const entry of entries) writer.uint32((1 << 3) | 2).bytes(encodeEntry(entry));
  return Buffer.from(writer.join().finish());
}

function toFrame(outbound: Exclude<Outbound, { type: 'deliver' }>, heartbeat: Heartbeat): ChatResponse['frame'] {
  switch (outbound.type) {
    case 'welcome':
      return {
        $case: 'welcome',
        value: {
          userId: fromNumber(outbound.user.id),
          userName: outbound.user.name,
          sessionId: fromNumber(outbound.sessionId),
          protocolVersion: outbound.protocolVersion,
          logEpoch: outbound.logEpoch,
          heartbeatInterval: toDuration(heartbeat.heartbeatMs),
          heartbeatMisses: heartbeat.heartbeatMisses,
          limits: LIMITS,
          serverTime: new Date(outbound.serverTime),
        },
      };
    case 'results':
      return { $case: 'sendResults', value: { results: outbound.results.map(toSendResult) } };
    case 'skip':
      return {
        $case: 'skip',
        value: {
          conversationId: fromNumber(outbound.conversationId),
          fromSeq: fromNumber(outbound.fromSeq),
          toSeq: fromNumber(outbound.toSeq),
        },
      };
    case 'reset':
      return {
        $case: 'reset',
        value: { conversationId: fromNumber(outbound.conversationId), seq: fromNumber(outbound.seq) },
      };
    case 'caught-up':
      return { $case: 'caughtUp', value: {} };
    case 'pong':
      return { $case: 'pong', value: { nonce: outbound.nonce } };
    case 'go-away':
      return {
        $case: 'goAway',
        value: {
          reason: GO_AWAY_REASONS[outbound.reason],
          reconnect: outbound.reconnect,
          reconnectAfter: toDuration(outbound.afterMs),
        },
      };
    case 'frame-error':
      return {
        $case: 'frameError',
        value: {
          frame: outbound.frame,
          conversationId: fromNumber(outbound.conversationId),
          error: toStatus(outbound.error),
        },
      };
    case 'receipts':
      return { $case: 'receipts', value: { receipts: outbound.cursors.map(toCursorReceipt) } };
    case 'typing':
      return {
        $case: 'typing',
        value: {
          target: toTarget(outbound.target),
          userId: fromNumber(outbound.userId),
          stopped: outbound.stopped,
          conversationId: fromNumber(outbound.conversationId),
        },
      };
    case 'presence':
      return { $case: 'presence', value: toPresence(outbound.userId, outbound) };
  }
}

/** How far a user is in a conversation. */
export function toCursorReceipt({ conversationId, userId, deliveredSeq, readSeq }: UserCursor): Receipt {
  return {
    conversationId: fromNumber(conversationId),
    userId: fromNumber(userId),
    deliveredSeq: fromNumber(deliveredSeq),
    readSeq: fromNumber(readSeq),
  };
}

function toSendResult(outcome: SendOutcome): SendResult {
  const { clientMessageId } = outcome;
  return {
    clientMessageId,
    outcome: outcome.ok
      ? { $case: 'receipt', value: toReceipt(outcome.receipt) }
      : { $case: 'error', value: toStatus(outcome.error) },
  };
}
