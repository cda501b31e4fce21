import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { status } from '@grpc/grpc-js';
import { describe, expect, test } from '@jest/globals';

import { BadRequest, ErrorInfo, RetryInfo } from '../../proto/gen/google/rpc/error_details.pb.ts';
import { Status } from '../../proto/gen/google/rpc/status.pb.ts';
import { ErrorReason } from '../../proto/gen/parley/v1/error_reason.pb.ts';
import { DomainError, type Reason } from '../lib/errors.ts';
import { OutcomeUnknown, StoreUnavailable } from '../store/seam/failures.ts';
import { CODES, toDomainError, toDuration, toStatus, toStatusObject } from './status.ts';

const REASONS = Object.keys(CODES) as Reason[];

/** The code that the contract names for each reason. */
const documented = new Map(
  [
    ...readFileSync(join(import.meta.dirname, '../../proto/parley/v1/error_reason.proto'), 'utf8').matchAll(
      /\/\/ ([A-Z_]+)\.(?:(?!\n\n).|\n)*?ERROR_REASON_(\w+) = \d+;/g,
    ),
  ].map(([, code, reason]) => [reason, code]),
);

describe('a reason', () => {
  test.each(REASONS)('%s leaves with the code that the contract names', (reason) => {
    expect(ErrorReason).toHaveProperty(`ERROR_REASON_${reason}`);
    expect(status[CODES[reason]]).toBe(documented.get(reason));
  });
});

describe('an error', () => {
  test('carries its reason, its fields and how long to wait', () => {
    const error = new DomainError('INVALID_FIELD', 'name: too short', {
      violations: [{ field: 'name', description: 'too short' }],
      retryAfterMs: 1_500,
      metadata: { limit: '3' },
    });
    const { code, message, details } = toStatus(error);
    expect([code, message]).toEqual([status.INVALID_ARGUMENT, 'name: too short']);
    const byType = new Map(
      details.map(({ typeUrl, value }) => [typeUrl.replace('type.googleapis.com/google.rpc.', ''), value]),
    );
    expect(ErrorInfo.decode(byType.get('ErrorInfo') ?? Buffer.of())).toMatchObject({
      reason: 'ERROR_REASON_INVALID_FIELD',
      domain: 'parley.v1',
      metadata: { limit: '3' },
    });
    const { fieldViolations } = BadRequest.decode(byType.get('BadRequest') ?? Buffer.of());
    expect(fieldViolations).toMatchObject([{ field: 'name', description: 'too short' }]);
    expect(RetryInfo.decode(byType.get('RetryInfo') ?? Buffer.of()).retryDelay).toEqual({
      seconds: 1n,
      nanos: 500_000_000,
    });
  });

  test('carries nothing that it has not', () => {
    const { details } = toStatus(new DomainError('NAME_TAKEN', 'taken'));
    expect(details.map(({ typeUrl }) => typeUrl)).toEqual(['type.googleapis.com/google.rpc.ErrorInfo']);
  });

  test('ends a call with the same in its trailers', () => {
    const error = new DomainError('NAME_TAKEN', 'taken');
    const { metadata } = toStatusObject(error, 'request-1');
    const [bytes] = metadata.get('grpc-status-details-bin');
    expect(Status.decode(bytes as Buffer)).toEqual(toStatus(error, 'request-1'));
  });

  test('that nobody knows leaves as INTERNAL, with nothing of its cause', () => {
    const cause = new Error("SELECT secret FROM user WHERE name = 'ann'");
    const error = toDomainError(cause);
    expect(error.cause).toBe(cause);
    expect(JSON.stringify(toStatus(error), (_, value: unknown) => (typeof value === 'bigint' ? 0 : value))).not.toMatch(
      /secret|ann|status\.test/,
    );
    expect(toStatus(error)).toMatchObject({ code: status.INTERNAL, message: 'internal error' });
  });

  test('of the store says whether to try again', () => {
    expect(toDomainError(new StoreUnavailable('gone'))).toMatchObject({
      reason: 'STORE_UNAVAILABLE',
      retryAfterMs: 1_000,
    });
    expect(toDomainError(new OutcomeUnknown('lost'))).toMatchObject({ reason: 'OUTCOME_UNKNOWN', retryAfterMs: 1_000 });
  });
});

test('durations keep their milliseconds', () => {
  expect(toDuration(0)).toEqual({ seconds: 0n, nanos: 0 });
  expect(toDuration(10_000)).toEqual({ seconds: 10n, nanos: 0 });
  expect(toDuration(1_234.4)).toEqual({ seconds: 1n, nanos: 234_000_000 });
});
