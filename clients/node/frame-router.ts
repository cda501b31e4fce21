import type { EventEmitter } from 'node:events';
import { GoAwayReason } from '../../proto/gen/parley/v1/chat.pb.ts';
import type { SendResult } from '../../proto/gen/parley/v1/chat.pb.ts';
import type { AckBatcher } from './ack-batcher.ts';
import type { ServerFrame } from './chat-connection.ts';
import type { ClientEvents, GoAwayNotice } from './client-events.ts';
import { fromStatus, ParleyError } from './errors.ts';
import type { Inbox } from './inbox.ts';
import type { Outbox } from './outbox.ts';
import type { Message } from './types.ts';
import { toMessage } from './wire-messages.ts';
import { durationMs, toNumber, toPresence, toReceipt, toSendReceipt, toTarget } from './wire.ts';

export interface FrameRouterOptions {
  readonly inbox: Inbox;
  readonly outbox: Outbox;
  readonly acks: AckBatcher;
  readonly reads: AckBatcher;
  readonly events: EventEmitter<ClientEvents>;
}

/** Gives each frame of the server to the part that it concerns. */
export class FrameRouter {
  readonly #parts: FrameRouterOptions;

  constructor(parts: FrameRouterOptions) {
    this.#parts = parts;
  }

  route(frame: ServerFrame): void {
    const { inbox, acks, reads, events } = this.#parts;
    switch (frame.$case) {
      case 'deliver':
        for (const message of frame.value.messages) this.deliver(toMessage(message));
        break;
      case 'sendResults':
        for (const result of frame.value.results) this.#sendResult(result);
        break;
      case 'skip': {
        const { conversationId, fromSeq, toSeq } = frame.value;
        inbox.skip(toNumber(conversationId), toNumber(fromSeq), toNumber(toSeq));
        break;
      }
      case 'reset': {
        const position = { conversationId: toNumber(frame.value.conversationId), seq: toNumber(frame.value.seq) };
        acks.forget(position.conversationId);
        reads.forget(position.conversationId);
        inbox.reset(position);
        events.emit('reset', position);
        break;
      }
      case 'caughtUp':
        events.emit('caught-up');
        break;
      case 'receipts':
        for (const receipt of frame.value.receipts) events.emit('receipt', toReceipt(receipt));
        break;
      case 'presence':
        events.emit('presence', toPresence(frame.value));
        break;
      case 'typing': {
        const target = toTarget(frame.value.target);
        const { userId, stopped } = frame.value;
        events.emit('typing', { ...(target && { target }), userId: toNumber(userId), stopped });
        break;
      }
      case 'goAway': {
        const { reason, reconnect, reconnectAfter } = frame.value;
        const reconnectAfterMs = durationMs(reconnectAfter);
        events.emit('go-away', { reason: goAwayReason(reason), reconnect, reconnectAfterMs });
        break;
      }
      case 'frameError': {
        const conversationId = toNumber(frame.value.conversationId) || undefined;
        const error = frame.value.error ? fromStatus(frame.value.error) : new ParleyError('UNKNOWN', 'no error given');
        events.emit('frame-error', { frame: frame.value.frame, conversationId, error });
        break;
      }
      default:
        break;
    }
  }

  /** Takes an entry, from the stream or read from the log. */
  deliver(message: Message, options?: { readonly evenIfFull: boolean }): void {
    const { inbox, outbox } = this.#parts;
    // An own send whose receipt was lost: the entry stands for it.
    if (message.clientMessageId !== '' && outbox.cameBack(message)) inbox.ownSend(message);
    else inbox.deliver(message, options);
  }

  #sendResult({ clientMessageId, outcome }: SendResult): void {
    const { inbox, outbox } = this.#parts;
    if (outcome?.$case === 'receipt') {
      const receipt = toSendReceipt(clientMessageId, outcome.value);
      inbox.ownSend(receipt);
      outbox.stored(receipt);
    } else if (outcome) {
      outbox.failed(clientMessageId, fromStatus(outcome.value));
    }
  }
}

function goAwayReason(reason: GoAwayReason): GoAwayNotice['reason'] {
  switch (reason) {
    case GoAwayReason.GO_AWAY_REASON_DRAINING:
      return 'draining';
    case GoAwayReason.GO_AWAY_REASON_TOKEN_INVALID:
      return 'token-invalid';
    case GoAwayReason.GO_AWAY_REASON_SLOW_CONSUMER:
      return 'slow-consumer';
    case GoAwayReason.GO_AWAY_REASON_MAX_AGE:
      return 'max-age';
    case GoAwayReason.GO_AWAY_REASON_LOG_REPLACED:
      return 'log-replaced';
    default:
      return 'unspecified';
  }
}
