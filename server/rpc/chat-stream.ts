import { constants, type ServerHttp2Stream } from 'node:http2';

import type { ServerDuplexStream } from '@grpc/grpc-js';

import type { ChatRequest } from '../../proto/gen/parley/v1/chat_service.pb.ts';
import { type ChatParts, ChatSession } from '../delivery/chat-session.ts';
import type { Outbound } from '../delivery/outbound.ts';
import type { DomainError } from '../lib/errors.ts';
import type { Calls } from './calls.ts';
import { takeFrame } from './inbound-frames.ts';
import { toStatusObject } from './status.ts';

export type ChatCall = ServerDuplexStream<ChatRequest, Outbound>;

/** A peer that takes not even the status that ends its stream is cut off so long after it. */
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
  void endIfRevoked(call, calls, session);
  void readFrames(call, calls, session);
  await writeFrames(call, session, gone);
  close(call, await session.ended, gone, parts);
}

/** A stream hears of its revocation from its begin on; one that came between authentication and that is looked for. */
async function endIfRevoked(call: ChatCall, calls: Calls, session: ChatSession): Promise<void> {
  await session.begun;
  try {
    await calls.authenticate(call.metadata);
  } catch (thrown) {
    session.end(calls.explain(thrown, call.getPath()).error);
  }
}

async function readFrames(call: ChatCall, calls: Calls, session: ChatSession): Promise<void> {
  try {
    // Leaving the loop must not destroy the call: its status is still to be written.
    for await (const frame of call.iterator({ destroyOnReturn: false }) as AsyncIterable<ChatRequest>) {
      await session.frameArrived();
      await takeFrame(session, frame);
    }
    await session.finish();
  } catch (thrown) {
    if (call.cancelled || call.destroyed) session.end(null);
    else session.end(calls.explain(thrown, call.getPath()).error);
  }
}

/** One frame under way at a time: whatever gathers meanwhile goes into the next one. */
async function writeFrames(call: ChatCall, session: ChatSession, gone: Promise<void>): Promise<void> {
  for (;;) {
    const outbound = await session.outbox.next();
    if (outbound === undefined || call.cancelled) return;
    await Promise.race([new Promise<void>((resolve) => call.write(outbound, () => resolve())), gone]);
    session.frameWritten();
  }
}

function refuse(call: ChatCall, calls: Calls, thrown: unknown): void {
  const { error, requestId } = calls.explain(thrown, call.getPath());
  call.emit('error', toStatusObject(error, requestId));
}

function close(call: ChatCall, reason: DomainError | null, gone: Promise<void>, { clock }: ChatParts): void {
  if (reason === null) call.end();
  else call.emit('error', toStatusObject(reason));
  const cutOff = clock.after(CUT_OFF_AFTER_MS, () => http2StreamOf(call)?.close(constants.NGHTTP2_CANCEL));
  void gone.then(() => cutOff.cancel());
}

/** grpc-js has no way to reset a stream whose peer reads nothing: this reaches for the HTTP/2 stream under it. */
function http2StreamOf(call: ChatCall): ServerHttp2Stream | undefined {
  return (call as unknown as { call?: { stream?: ServerHttp2Stream } }).call?.stream;
}
