import { Metadata, status } from '@grpc/grpc-js';
import { describe, expect, test } from '@jest/globals';
import { BadRequest, ErrorInfo, RetryInfo } from '../../proto/gen/google/rpc/error_details.pb.ts';
import { Status } from '../../proto/gen/google/rpc/status.pb.ts';
import { fromCall, fromStatus, ParleyError } from './errors.ts';

function detail(name: string, bytes: Uint8Array): Status['details'][number] {
  return { typeUrl: `type.googleapis.com/google.rpc.${name}`, value: Buffer.from(bytes) };
}

const rich: Status = {
  code: status.RESOURCE_EXHAUSTED,
  message: 'too fast',
  details: [
    detail('ErrorInfo', ErrorInfo.encode(ErrorInfo.fromPartial({ reason: 'ERROR_REASON_RATE_LIMITED' })).finish()),
    detail('RetryInfo', RetryInfo.encode({ retryDelay: { seconds: 2n, nanos: 500_000_000 } }).finish()),
    detail(
      'BadRequest',
      BadRequest.encode(
        BadRequest.fromPartial({ fieldViolations: [{ field: 'name', description: '3 to 32 characters' }] }),
      ).finish(),
    ),
    detail('Help', Buffer.from('what this version does not read')),
  ],
};

const expected = {
  code: 'RESOURCE_EXHAUSTED',
  reason: 'RATE_LIMITED',
  message: 'too fast',
  retryable: true,
  retryAfterMs: 2_500,
  violations: [{ field: 'name', description: '3 to 32 characters' }],
};

describe('ParleyError', () => {
  test('is the same from a frame and from a call', () => {
    const metadata = new Metadata();
    metadata.set('grpc-status-details-bin', Buffer.from(Status.encode(rich).finish()));
    expect(fromStatus(rich)).toMatchObject(expected);
    expect(fromCall({ code: rich.code, details: rich.message, metadata })).toMatchObject(expected);
  });

  test('goes by the code where there are no details, unreadable ones, or an unknown reason', () => {
    const garbled = new Metadata();
    garbled.set('grpc-status-details-bin', Buffer.from([0xff, 0xff, 0xff]));
    for (const metadata of [new Metadata(), garbled]) {
      expect(fromCall({ code: status.UNAVAILABLE, details: 'gone', metadata })).toMatchObject({
        code: 'UNAVAILABLE',
        reason: 'UNSPECIFIED',
        message: 'gone',
        retryable: true,
      });
    }
    const info = ErrorInfo.encode(ErrorInfo.fromPartial({ reason: 'ERROR_REASON_OF_THE_FUTURE' })).finish();
    const future = fromStatus({ code: status.NOT_FOUND, message: '', details: [detail('ErrorInfo', info)] });
    expect(future).toMatchObject({ code: 'NOT_FOUND', reason: 'UNSPECIFIED', retryable: false });
  });

  test.each([
    ['UNAVAILABLE', 'OUTCOME_UNKNOWN', true],
    ['UNAVAILABLE', 'EARLIER_SEND_FAILED', true],
    ['RESOURCE_EXHAUSTED', 'OVERLOADED', true],
    ['RESOURCE_EXHAUSTED', 'GROUP_FULL', false],
    ['INTERNAL', 'UNSPECIFIED', true],
    ['INTERNAL', 'INTERNAL', false],
    ['PERMISSION_DENIED', 'RECIPIENT_UNAVAILABLE', false],
    ['ABORTED', 'REVISION_CONFLICT', false],
  ] as const)('%s (%s) may be tried again: %s', (code, reason, retryable) => {
    expect(new ParleyError(code, '', { reason }).retryable).toBe(retryable);
  });
});
