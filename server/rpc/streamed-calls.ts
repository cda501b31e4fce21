import { type sendUnaryData, type ServerReadableStream, type ServerWritableStream, status } from '@grpc/grpc-js';

import type { Caller } from '../accounts/sessions.ts';
import type { Clock } from '../lib/clock.ts';
import type { Calls } from './calls.ts';
import { CutOff } from './cut-off.ts';
import { toStatusObject } from './status.ts';
import { checkDecoded } from './tolerant-definition.ts';

/** Who a stream is for. `check` authenticates anew: streams are long, and tokens are revoked. */
export interface StreamCaller extends Caller {
  readonly check: () => Promise<void>;
}

/** A call with a token whose requests come one after the other, each when it is asked for, and that has one answer. */
export function clientStream<Request, Response>(
  calls: Calls,
  run: (requests: AsyncIterator<Request>, caller: StreamCaller) => Promise<Response>,
): (call: ServerReadableStream<Request, Response>, done: sendUnaryData<Response>) => void {
  const serve = async (call: ServerReadableStream<Request, Response>, done: sendUnaryData<Response>) => {
    try {
      done(null, await run(decoded(call), await authenticated(calls, call)));
    } catch (thrown) {
      // Nobody waits for the answer to a call that was given up.
      if (call.cancelled) return done({ code: status.CANCELLED });
      const { error, requestId } = calls.explain(thrown, call.getPath());
      done(toStatusObject(error, requestId));
    }
  };
  return (call, done) => void serve(call, done);
}

async function* decoded<Request>(call: ServerReadableStream<Request, unknown>): AsyncGenerator<Request, void> {
  // Leaving the loop must not destroy the call: its status is still to be written.
  for await (const request of call.iterator({ destroyOnReturn: false }) as AsyncIterable<Request>) {
    checkDecoded(request);
    yield request;
  }
}

export interface ServerStreamOptions {
  readonly clock: Clock;
  /** A peer that takes nothing for so long is cut off. */
  readonly patienceMs: number;
}

/** A call with a token that has one request and many answers, each made when the peer has taken the one before. */
export function serverStream<Request, Response>(
  calls: Calls,
  { clock, patienceMs }: ServerStreamOptions,
  run: (request: Request, caller: StreamCaller) => AsyncIterable<Response>,
): (call: ServerWritableStream<Request, Response>) => void {
  const serve = async (call: ServerWritableStream<Request, Response>) => {
    const cutOff = new CutOff(call, clock);
    const gone = new Promise<void>((resolve) => {
      call.once('cancelled', resolve);
      call.once('close', resolve);
    });
    void gone.then(() => cutOff.cancel());
    cutOff.begin(patienceMs);
    try {
      checkDecoded(call.request);
      for await (const response of run(call.request, await authenticated(calls, call))) {
        await Promise.race([new Promise<void>((resolve) => call.write(response, () => resolve())), gone]);
        if (call.cancelled) return;
        cutOff.progress();
      }
      call.end();
    } catch (thrown) {
      const { error, requestId } = calls.explain(thrown, call.getPath());
      call.emit('error', toStatusObject(error, requestId));
    }
  };
  return (call) => void serve(call);
}

async function authenticated(
  calls: Calls,
  call: Pick<ServerReadableStream<unknown, unknown>, 'metadata'>,
): Promise<StreamCaller> {
  const check = async () => void (await calls.authenticate(call.metadata));
  return { ...(await calls.authenticate(call.metadata)), check };
}
