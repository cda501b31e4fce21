import { Metadata, type ServerUnaryCall, status, type StatusObject } from '@grpc/grpc-js';
import { beforeEach, describe, expect, test } from '@jest/globals';

import { ErrorInfo, RequestInfo } from '../../proto/gen/google/rpc/error_details.pb.ts';
import { Status } from '../../proto/gen/google/rpc/status.pb.ts';
import type { Caller, Sessions } from '../accounts/sessions.ts';
import { DomainError } from '../lib/errors.ts';
import { StoreUnavailable } from '../store/seam/failures.ts';
import type { Events } from '../telemetry/events.ts';
import { Calls } from './calls.ts';

const CALLER = { user: { id: 1 }, session: { id: 2 } } as Caller;

describe('a call', () => {
  let logged: unknown[][];
  let calls: Calls;

  beforeEach(() => {
    logged = [];
    const sessions: Pick<Sessions, 'authenticate'> = {
      authenticate: async (token) => {
        if (token !== 'good') throw new DomainError('TOKEN_INVALID', 'no');
        return CALLER;
      },
    };
    const events: Pick<Events, 'requestFailed'> = { requestFailed: (...args) => void logged.push(args) };
    calls = new Calls(sessions as Sessions, events as Events);
  });

  /** Makes the call, and gives its answer or the status that ends it. */
  function make<T>(handler: ReturnType<typeof calls.open<object, T>>, authorization?: string) {
    const metadata = new Metadata();
    if (authorization !== undefined) metadata.set('authorization', authorization);
    const call = { request: {}, metadata, getPath: () => '/parley.v1.AuthService/Login' };
    return new Promise<{ answer: T | null | undefined; error: StatusObject | null }>((resolve) =>
      handler(call as ServerUnaryCall<object, T>, (error, answer) =>
        resolve({ answer, error: error as StatusObject | null }),
      ),
    );
  }

  const detailsOf = (error: StatusObject | null) => {
    const [bytes] = error?.metadata.get('grpc-status-details-bin') ?? [];
    return new Map(
      Status.decode(bytes as Buffer).details.map(({ typeUrl, value }) => [typeUrl.split('.').at(-1), value]),
    );
  };

  test('gives its answer, for whom the token says', async () => {
    const handler = calls.authenticated(async (_request, caller) => caller);
    for (const header of ['Bearer good', 'bearer good', 'BEARER   good']) {
      expect(await make(handler, header)).toEqual({ answer: CALLER, error: null });
    }
  });

  test.each([
    [undefined, 'TOKEN_MISSING'],
    ['', 'TOKEN_MISSING'],
    ['good', 'TOKEN_MISSING'],
    ['Basic good', 'TOKEN_MISSING'],
    ['Bearer', 'TOKEN_MISSING'],
    ['Bearer good good', 'TOKEN_MISSING'],
    ['Bearer bad', 'TOKEN_INVALID'],
  ])('with authorization %j is not made', async (header, reason) => {
    let made = false;
    const handler = calls.authenticated(async () => (made = true));
    const { error } = await make(handler, header);
    expect(error?.code).toBe(status.UNAUTHENTICATED);
    expect(ErrorInfo.decode(detailsOf(error).get('ErrorInfo') ?? Buffer.of()).reason).toBe(`ERROR_REASON_${reason}`);
    expect(made).toBe(false);
  });

  test.each<[string, () => Promise<never>]>([
    ['rejects', () => Promise.reject(new Error("SELECT password_hash FROM user WHERE name = 'ann'"))],
    [
      'throws at once',
      () => {
        throw new TypeError("can't read password_hash of undefined");
      },
    ],
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- what others throw may be anything
    ['throws no error', () => Promise.reject('password_hash')],
  ])('that %s says nothing of why; the log does, under the id that the caller gets', async (_what, run) => {
    const { error } = await make(calls.open(run));
    expect(error).toMatchObject({ code: status.INTERNAL, details: 'internal error' });
    const bytes = error?.metadata.get('grpc-status-details-bin')[0] as Buffer;
    expect(`${JSON.stringify(error)}${bytes.toString('latin1')}`).not.toMatch(/password_hash|\bat .*\.ts/);
    const { requestId } = RequestInfo.decode(detailsOf(error).get('RequestInfo') ?? Buffer.of());
    expect(logged).toEqual([['/parley.v1.AuthService/Login', requestId, expect.anything()]]);
    expect(String(logged[0]?.[2])).toContain('password_hash');
  });

  test('that fails for a reason is no fault of ours: nothing is logged', async () => {
    const reasons = [new DomainError('NAME_TAKEN', 'taken'), new StoreUnavailable('connect ECONNREFUSED 10.0.0.7')];
    const told = [];
    for (const reason of reasons) told.push((await make(calls.open(() => Promise.reject(reason)))).error);
    expect(told.map((error) => error?.code)).toEqual([status.ALREADY_EXISTS, status.UNAVAILABLE]);
    expect(JSON.stringify(told)).not.toContain('10.0.0.7');
    expect(logged).toEqual([]);
  });
});
