import { randomUUID } from 'node:crypto';

import type { Hello, OutgoingMessage, Position } from '../../../proto/gen/parley/v1/chat.pb.ts';
import type { ChatRequest, ChatResponse } from '../../../proto/gen/parley/v1/chat_service.pb.ts';
import { Content, type Message, type Target } from '../../../proto/gen/parley/v1/message.pb.ts';

export type RequestFrame = NonNullable<ChatRequest['frame']>;
export type ResponseFrame = NonNullable<ChatResponse['frame']>;
export type Kind = ResponseFrame['$case'];
export type ValueOf<K extends Kind> = Extract<ResponseFrame, { $case: K }>['value'];

export function hello(value: Partial<Hello> = {}): RequestFrame {
  const base = { protocolVersion: 1, minProtocolVersion: 1, deviceName: 'test', hasCursors: false, logEpoch: '' };
  return { $case: 'hello', value: { ...base, ...value } };
}

export function helloCursors(...positions: Position[]): RequestFrame {
  return { $case: 'helloCursors', value: { positions } };
}

export const HELLO_DONE: RequestFrame = { $case: 'helloDone', value: {} };

export function toUser(id: bigint): Target {
  return { target: { $case: 'userId', value: id } };
}

export function toGroup(id: bigint): Target {
  return { target: { $case: 'groupId', value: id } };
}

/** A new message with a new id. */
export function textMessage(target: Target, text: string): OutgoingMessage {
  return { clientMessageId: randomUUID(), target, content: Content.fromPartial({ text }) };
}

export function send(...messages: OutgoingMessage[]): RequestFrame {
  return { $case: 'send', value: { messages } };
}

export function ack(...positions: Position[]): RequestFrame {
  return { $case: 'ack', value: { positions } };
}

export function read(...positions: Position[]): RequestFrame {
  return { $case: 'read', value: { positions } };
}

export function typing(target: Target, stopped = false): RequestFrame {
  return { $case: 'typing', value: { target, userId: 0n, stopped, conversationId: 0n } };
}

export function ping(nonce: bigint): RequestFrame {
  return { $case: 'ping', value: { nonce } };
}

/** What a message says, or which kind of entry it is. */
export function textOf({ body }: Message): string {
  if (body?.$case === 'content') return body.value.text;
  return body?.$case ?? 'nothing';
}

/** `prefix 1` to `prefix count`. */
export function numbered(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix} ${index + 1}`);
}

/** What a group's entries say: the texts, and who came and went how. */
export function storyOf(entries: readonly Message[]): string[] {
  return entries.map((entry) => {
    if (entry.body?.$case !== 'membershipChange') return `${entry.seq} ${textOf(entry)}`;
    const { kind, userName } = entry.body.value;
    return `${entry.seq} ${userName.split('-')[0]} ${CHANGES[kind]}`;
  });
}

const CHANGES: Readonly<Record<number, string>> = {
  1: 'joined',
  2: 'invited',
  3: 'left',
  4: 'removed',
  5: 'has a role',
};
