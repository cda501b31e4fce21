import {
  type BusEntry,
  BusEnvelope,
  type BusPresence,
  type BusReceipt,
  type BusTyping,
} from '../../proto/gen/parley/internal/v1/bus.pb.ts';
import { Message } from '../../proto/gen/parley/v1/message.pb.ts';
import type { BusEvent, Signal } from '../bus/bus.ts';
import type { Clock } from '../lib/clock.ts';
import { LossReport } from '../lib/loss-report.ts';
import type { Events } from '../telemetry/events.ts';
import { encodeEntry, keepEncoded } from './encoded-entries.ts';
import { fromNumber, toId, toSeq } from './ids.ts';
import { fromMessage } from './received-entries.ts';
import { fromPresenceState, fromTarget, toPresence, toTarget } from './wire.ts';

const VERSION = 1;

type WireEvent = NonNullable<BusEnvelope['event']>;

/**
 * Bus events as bytes, `parley.internal.v1.BusEnvelope`, and back. An entry's own bytes are made once, by the replica
 * that publishes it, and are what streams are given on every replica.
 */
export class BusCodec {
  readonly #origin: string;
  readonly #unreadable: LossReport;
  /** A direct message goes to two channels, one after the other. */
  #last: { readonly event: BusEvent; readonly bytes: Uint8Array } | undefined;

  /** @param origin names this run of the replica: what it has encoded itself, `decode` passes over */
  constructor(origin: string, { clock, events }: { readonly clock: Clock; readonly events: Events }) {
    this.#origin = origin;
    this.#unreadable = new LossReport(clock, (lost) => events.busEventsUnreadable(lost));
  }

  encode(event: BusEvent): Uint8Array {
    if (this.#last?.event === event) return this.#last.bytes;
    const envelope = { version: VERSION, origin: this.#origin, event: toWireEvent(event) };
    const bytes = BusEnvelope.encode(envelope).finish();
    this.#last = { event, bytes };
    return bytes;
  }

  /** Undefined for this replica's own events and for what can't be read, which is counted and logged. Never throws. */
  decode(bytes: Uint8Array): BusEvent | undefined {
    try {
      const { version, origin, event } = BusEnvelope.decode(bytes);
      if (version < 1 || version > VERSION || event === undefined) throw new Error('of another version');
      return origin === this.#origin ? undefined : fromWireEvent(event);
    } catch {
      this.#unreadable.add(1);
      return undefined;
    }
  }
}

function toWireEvent(event: BusEvent): WireEvent {
  switch (event.type) {
    case 'entry':
      return { $case: 'entry', value: toBusEntry(event) };
    case 'membership': {
      const { conversationId, userId } = event;
      return {
        $case: 'membership',
        value: { conversationId: fromNumber(conversationId), userId: fromNumber(userId) },
      };
    }
    case 'session-revoked': {
      const { userId, sessionId } = event;
      return { $case: 'sessionRevoked', value: { userId: fromNumber(userId), sessionId: fromNumber(sessionId) } };
    }
    case 'account-changed':
      return { $case: 'accountChanged', value: { userId: fromNumber(event.userId) } };
    case 'friendship': {
      const { userId, friendId } = event;
      return { $case: 'friendship', value: { userId: fromNumber(userId), friendId: fromNumber(friendId) } };
    }
    case 'receipt':
      return { $case: 'receipt', value: toBusReceipt(event) };
    case 'typing':
      return { $case: 'typing', value: toBusTyping(event) };
    case 'presence': {
      const presence = toPresence(event.userId, event);
      return { $case: 'presence', value: { ...presence, toUserId: fromNumber(event.to) } };
    }
  }
}

function toBusEntry({ entry, membersVersion }: Extract<BusEvent, { type: 'entry' }>): BusEntry {
  const message = encodeEntry(entry);
  return {
    conversationId: fromNumber(entry.conversationId),
    seq: fromNumber(entry.seq),
    membersVersion: fromNumber(membersVersion),
    message: Buffer.from(message.buffer, message.byteOffset, message.byteLength),
  };
}

function toBusReceipt(receipt: Extract<Signal, { type: 'receipt' }>): BusReceipt {
  return {
    toUserId: fromNumber(receipt.to ?? 0),
    conversationId: fromNumber(receipt.conversationId),
    userId: fromNumber(receipt.userId),
    deliveredSeq: fromNumber(receipt.deliveredSeq),
    readSeq: fromNumber(receipt.readSeq),
  };
}

function toBusTyping({ to, conversationId, userId, target, stopped }: Extract<Signal, { type: 'typing' }>): BusTyping {
  return {
    toUserId: fromNumber(to ?? 0),
    conversationId: fromNumber(conversationId),
    userId: fromNumber(userId),
    target: toTarget(target),
    stopped,
  };
}

/** @throws Error for what makes no sense */
function fromWireEvent({ $case, value }: WireEvent): BusEvent {
  switch ($case) {
    case 'entry':
      return fromBusEntry(value);
    case 'membership':
      return { type: 'membership', conversationId: conversationOf(value), userId: userOf(value) };
    case 'sessionRevoked':
      return { type: 'session-revoked', userId: userOf(value), sessionId: toId(value.sessionId, 'session_id') };
    case 'accountChanged':
      return { type: 'account-changed', userId: userOf(value) };
    case 'friendship':
      return { type: 'friendship', userId: userOf(value), friendId: toId(value.friendId, 'friend_id') };
    case 'receipt': {
      const deliveredSeq = toSeq(value.deliveredSeq, 'delivered_seq');
      const readSeq = toSeq(value.readSeq, 'read_seq');
      return { type: 'receipt', ...fromSignal(value), deliveredSeq, readSeq };
    }
    case 'typing':
      return { type: 'typing', ...fromSignal(value), target: fromTarget(value.target), stopped: value.stopped };
    case 'presence':
      return fromBusPresence(value);
  }
}

function fromBusEntry({ conversationId, seq, membersVersion, message }: BusEntry): BusEvent {
  const entry = fromMessage(Message.decode(message));
  if (BigInt(entry.conversationId) !== conversationId || BigInt(entry.seq) !== seq) throw new Error('another entry');
  keepEncoded(entry, message);
  return { type: 'entry', entry, membersVersion: toSeq(membersVersion, 'members_version') };
}

function fromSignal(value: BusReceipt | BusTyping) {
  const to = value.toUserId === 0n ? null : toId(value.toUserId, 'to_user_id');
  return { to, conversationId: conversationOf(value), userId: userOf(value) };
}

function fromBusPresence({ toUserId, state, lastSeenTime, ...value }: BusPresence): BusEvent {
  return {
    type: 'presence',
    to: toId(toUserId, 'to_user_id'),
    userId: userOf(value),
    status: fromPresenceState(state),
    lastSeenAt: lastSeenTime?.getTime() ?? null,
  };
}

function conversationOf(value: { conversationId: bigint }): number {
  return toId(value.conversationId, 'conversation_id');
}

function userOf(value: { userId: bigint }): number {
  return toId(value.userId, 'user_id');
}
