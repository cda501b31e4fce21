import type { Ack, HelloCursors, OutgoingMessage as WireMessage, Send } from '../../proto/gen/parley/v1/chat.pb.ts';
import type { ChatRequest } from '../../proto/gen/parley/v1/chat_service.pb.ts';
import type { ChatSession } from '../delivery/chat-session.ts';
import type { Position } from '../delivery/marks.ts';
import { DomainError, invalidField } from '../lib/errors.ts';
import type { OutgoingMessage } from '../messages/sender.ts';
import { toId, toSeq } from './ids.ts';
import { MAX_POSITIONS, MAX_SEND_BATCH } from './outbound-frames.ts';
import { checkDecoded } from './tolerant-definition.ts';
import { fromTarget } from './wire.ts';
import { fromContent } from './wire-entries.ts';

/**
 * Gives one frame of a client to its session. What is wrong with one item or one frame is answered in the stream.
 *
 * @throws DomainError for what ends the stream
 */
export async function takeFrame(session: ChatSession, request: ChatRequest): Promise<void> {
  checkDecoded(request);
  const { frame } = request;
  switch (frame?.$case) {
    case 'hello':
      return session.hello(frame.value);
    case 'helloCursors':
      return session.helloCursors(positions(frame.value, 'hello_cursors'));
    case 'helloDone':
      return session.helloDone();
    case 'send':
      return takeSend(session, frame.value);
    case 'ack':
      return answered(session, 'ack', () => session.ack(positions(frame.value, 'ack')));
    case 'read':
      return answered(session, 'read', () => session.read(positions(frame.value, 'read')));
    case 'ping':
      return session.ping(frame.value.nonce);
    case 'typing':
      return answered(session, 'typing', () =>
        session.typing(fromTarget(frame.value.target, 'typing.target'), frame.value.stopped),
      );
    case undefined:
      return session.frameError('', invalidField('frame', 'exactly one of the frames that this version knows'));
  }
}

/** A UUID has 36. */
const MAX_ID_CHARACTERS = 64;

async function takeSend(session: ChatSession, { messages }: Send): Promise<void> {
  if (messages.length > MAX_SEND_BATCH) {
    return session.frameError('send', invalidField('send.messages', `at most ${MAX_SEND_BATCH} messages`));
  }
  // A result names its message: an id that is none is not given back.
  if (messages.some(({ clientMessageId }) => clientMessageId.length > MAX_ID_CHARACTERS)) {
    return session.frameError('send', invalidField('send.messages.client_message_id', 'a UUID'));
  }
  for (const message of messages) {
    const outgoing = readable(session, message);
    if (outgoing !== undefined) await session.send(outgoing);
  }
}

function readable(session: ChatSession, message: WireMessage): OutgoingMessage | undefined {
  try {
    return fromOutgoing(message);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    session.refuse(message.clientMessageId, error);
    return undefined;
  }
}

/** @throws DomainError INVALID_FIELD */
export function fromOutgoing(message: WireMessage): OutgoingMessage {
  return {
    clientMessageId: message.clientMessageId,
    target: fromTarget(message.target),
    content: fromContent(message.content),
  };
}

/** A frame that can't be read is answered; one that comes out of turn ends the stream. */
function answered(session: ChatSession, frame: string, take: () => void): void {
  try {
    take();
  } catch (error) {
    if (!(error instanceof DomainError) || error.reason !== 'INVALID_FIELD') throw error;
    session.frameError(frame, error);
  }
}

/** @throws DomainError INVALID_FIELD */
function positions(frame: Ack | HelloCursors, name: string): Position[] {
  const field = `${name}.positions`;
  if (frame.positions.length > MAX_POSITIONS) throw invalidField(field, `at most ${MAX_POSITIONS}`);
  return frame.positions.map(({ conversationId, seq }) => ({
    conversationId: toId(conversationId, `${field}.conversation_id`),
    seq: toSeq(seq, `${field}.seq`),
  }));
}
