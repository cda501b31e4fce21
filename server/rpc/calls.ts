import { randomUUID } from 'node:crypto';

import type { Metadata, sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js';

import type { Caller, Sessions } from '../accounts/sessions.ts';
import { DomainError } from '../lib/errors.ts';
import type { Events } from '../telemetry/events.ts';
import { toDomainError, toStatusObject } from './status.ts';
import { checkDecoded } from './tolerant-definition.ts';

/** What a handler of a call with a token is given besides the request. */
export type Handler<Request, Response> = (request: Request, caller: Caller) => Promise<Response>;

type GrpcHandler<Request, Response> = (call: ServerUnaryCall<Request, Response>, done: sendUnaryData<Response>) => void;

const BEARER = /^Bearer +(\S+)$/i;

/** Makes domain functions into calls: authenticate, run, answer; whatever is thrown becomes a status. */
export class Calls {
  readonly #sessions: Sessions;
  readonly #events: Events;

  constructor(sessions: Sessions, events: Events) {
    this.#sessions = sessions;
    this.#events = events;
  }

  /** @throws DomainError TOKEN_MISSING, TOKEN_INVALID */
  authenticate(metadata: Metadata): Promise<Caller> {
    const [header] = metadata.get('authorization');
    const token = BEARER.exec(String(header ?? ''))?.[1];
    if (token === undefined) {
      throw new DomainError('TOKEN_MISSING', 'metadata "authorization: Bearer <token>" is needed; Login gives a token');
    }
    return this.#sessions.authenticate(token);
  }

  /** A call for everybody. */
  open<Request, Response>(run: (request: Request) => Promise<Response>): GrpcHandler<Request, Response> {
    return this.#unary((call) => run(call.request));
  }

  /** A call that needs a token. */
  authenticated<Request, Response>(run: Handler<Request, Response>): GrpcHandler<Request, Response> {
    return this.#unary(async (call) => run(call.request, await this.authenticate(call.metadata)));
  }

  /** A DomainError for what was thrown; what is a fault of ours is logged under the request's id. */
  explain(thrown: unknown, method: string): { error: DomainError; requestId: string } {
    const error = toDomainError(thrown);
    const requestId = randomUUID();
    if (error.reason === 'INTERNAL') this.#events.requestFailed(method, requestId, error.cause);
    return { error, requestId };
  }

  #unary<Request, Response>(
    run: (call: ServerUnaryCall<Request, Response>) => Promise<Response>,
  ): GrpcHandler<Request, Response> {
    return (call, done) => {
      void (async () => {
        try {
          checkDecoded(call.request);
          done(null, await run(call));
        } catch (thrown) {
          const { error, requestId } = this.explain(thrown, call.getPath());
          done(toStatusObject(error, requestId));
        }
      })();
    };
  }
}
