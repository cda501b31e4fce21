import type { ServerDuplexStream } from '@grpc/grpc-js';

import type { ChatRequest } from '../../proto/gen/parley/v1/chat_service.pb.ts';
import { type ChatParts, ChatSession } from '../delivery/chat-session.ts';
import type { Outbound } from '../delivery/outbound.ts';
import type { DomainError } from '../lib/errors.ts';
import type { Events } from '../telemetry/events.ts';
import type { Calls } from './calls.ts';
import { CutOff } from './cut-off.ts';
import { takeFrame } from './inbound-frames.ts';
import { toStatusObject } from './status.ts';

export type ChatCall = ServerDuplexStream<ChatRequest, Outbound>;

/** A peer whose stream was ended for it has so long for each frame that is left; one that ended it itself, longer. */
const CUT_OFF_AFTER_MS = 2_000;

/** Serves Chat streams: frames in one after the other, frames out one at a time as the peer takes them. */
export function chatHandler(calls: Calls, parts: ChatParts): (call: ChatCall) => void {
  return (call) => void serve(call, calls, parts);
}

async function serve(call: ChatCall, calls: Calls, parts: ChatParts): Promise<void> {
  const gone = new Promise<void>((resolve) => {
    call.once('cancelled', resolve);
    call.once('close', resolve);
  });
  let session: ChatSession;
  try {
    session = new ChatSession(await calls.authenticate(call.metadata), parts);
  } catch (thrown) {
    refuse(call, calls, thrown);
    return;
  }
  void gone.then(() => session.end(null));
  void catchUpOnAccount(call, calls, session);
  void readFrames(call, calls, session);
  const cutOff = new CutOff(call, parts.clock);
  void session.ended.then((reason) => cutOff.begin(reason === null ? parts.liveness.slowConsumerMs : CUT_OFF_AFTER_MS));
  void gone.then(() => cutOff.cancel());
  await writeFrames(call, session, { gone, cutOff, events: parts.events });
  close(call, await session.ended);
}

/**
 * A stream hears of its revocation, and of its user's new name, from its begin on; what came between authentication and
 * that is looked for.
 */
async function catchUpOnAccount(call: ChatCall, calls: Calls, session: ChatSession): Promise<void> {
  await session.begun;
  try {
    session.nameUserAtBegin((await calls.authenticate(call.metadata)).user);
  } catch (thrown) {
    session.end(calls.explain(thrown, call.getPath()).error);
  }
}

async function readFrames(call: ChatCall, calls: Calls, session: ChatSession): Promise<void> {
  try {
    // Leaving the loop must not destroy the call: its status is still to be written.
    for await (const frame of call.iterator({ destroyOnReturn: false }) as AsyncIterable<ChatRequest>) {
      if (!(await session.frameArrived())) return;
      await takeFrame(session, frame);
    }
    await session.finish();
  } catch (thrown) {
    if (call.cancelled || call.destroyed) session.end(null);
    else session.end(calls.explain(thrown, call.getPath()).error);
  }
}

/** One frame under way at a time: whatever gathers meanwhile goes into the next one. */
async function writeFrames(
  call: ChatCall,
  session: ChatSession,
  { gone, cutOff, events }: { gone: Promise<void>; cutOff: CutOff; events: Events },
): Promise<void> {
  for (;;) {
    const outbound = await session.outbox.next();
    if (outbound === undefined || call.cancelled) return;
    await Promise.race([new Promise<void>((resolve) => call.write(outbound, () => resolve())), gone]);
    session.frameWritten();
    cutOff.progress();
    if (outbound.type === 'deliver') events.messagesDelivered(outbound.entries.length);
  }
}

function refuse(call: ChatCall, calls: Calls, thrown: unknown): void {
  const { error, requestId } = calls.explain(thrown, call.getPath());
  call.emit('error', toStatusObject(error, requestId));
}

function close(call: ChatCall, reason: DomainError | null): void {
  if (reason === null) call.end();
  else call.emit('error', toStatusObject(reason));
}
