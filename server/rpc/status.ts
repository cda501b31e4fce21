import { Metadata, status, type StatusObject } from '@grpc/grpc-js';

import { BadRequest, ErrorInfo, RequestInfo, RetryInfo } from '../../proto/gen/google/rpc/error_details.pb.ts';
import { Status } from '../../proto/gen/google/rpc/status.pb.ts';
import { DomainError, type Reason } from '../lib/errors.ts';
import { storeFailure } from '../messages/store-failure.ts';

/** The one table from reasons to status codes. */
export const CODES: Readonly<Record<Reason, status>> = {
  INVALID_FIELD: status.INVALID_ARGUMENT,
  INVALID_PAGE_TOKEN: status.INVALID_ARGUMENT,
  PROTOCOL_VERSION_UNSUPPORTED: status.FAILED_PRECONDITION,
  UNEXPECTED_FRAME: status.FAILED_PRECONDITION,
  HELLO_TIMEOUT: status.DEADLINE_EXCEEDED,
  HEARTBEAT_TIMEOUT: status.DEADLINE_EXCEEDED,
  TOKEN_MISSING: status.UNAUTHENTICATED,
  TOKEN_INVALID: status.UNAUTHENTICATED,
  CREDENTIALS_INVALID: status.UNAUTHENTICATED,
  NAME_TAKEN: status.ALREADY_EXISTS,
  USER_NOT_FOUND: status.NOT_FOUND,
  GROUP_NOT_FOUND: status.NOT_FOUND,
  CONVERSATION_NOT_FOUND: status.NOT_FOUND,
  FRIEND_REQUEST_NOT_FOUND: status.NOT_FOUND,
  MESSAGE_NOT_FOUND: status.NOT_FOUND,
  ATTACHMENT_NOT_FOUND: status.NOT_FOUND,
  RECIPIENT_UNAVAILABLE: status.PERMISSION_DENIED,
  NOT_A_MEMBER: status.PERMISSION_DENIED,
  ROLE_INSUFFICIENT: status.PERMISSION_DENIED,
  GROUP_FULL: status.RESOURCE_EXHAUSTED,
  OWNER_CANNOT_LEAVE: status.FAILED_PRECONDITION,
  TOO_LATE: status.FAILED_PRECONDITION,
  REVISION_CONFLICT: status.ABORTED,
  SELF_NOT_ALLOWED: status.INVALID_ARGUMENT,
  LIMIT_REACHED: status.RESOURCE_EXHAUSTED,
  CLIENT_MESSAGE_ID_REUSED: status.ALREADY_EXISTS,
  REQUEST_ID_REUSED: status.ALREADY_EXISTS,
  EARLIER_SEND_FAILED: status.UNAVAILABLE,
  OUTCOME_UNKNOWN: status.UNAVAILABLE,
  ACK_BEYOND_DELIVERED: status.OUT_OF_RANGE,
  UPLOAD_OFFSET_WRONG: status.OUT_OF_RANGE,
  UPLOAD_INCOMPLETE: status.FAILED_PRECONDITION,
  CHECKSUM_MISMATCH: status.INVALID_ARGUMENT,
  RATE_LIMITED: status.RESOURCE_EXHAUSTED,
  OVERLOADED: status.RESOURCE_EXHAUSTED,
  SLOW_CONSUMER: status.RESOURCE_EXHAUSTED,
  STORE_UNAVAILABLE: status.UNAVAILABLE,
  DRAINING: status.UNAVAILABLE,
  INTERNAL: status.INTERNAL,
};

const DOMAIN = 'parley.v1';

/** What is thrown, as a DomainError: what is not known leaves as INTERNAL, with its cause for the log only. */
export function toDomainError(thrown: unknown): DomainError {
  if (thrown instanceof DomainError) return thrown;
  const failure = storeFailure(thrown);
  if (failure !== null) return failure;
  return new DomainError('INTERNAL', 'internal error', { cause: thrown });
}

/** The error as a `google.rpc.Status`, with its details. */
export function toStatus(error: DomainError, requestId?: string): Status {
  const reason = `ERROR_REASON_${error.reason}`;
  const info = { reason, domain: DOMAIN, metadata: { ...error.metadata } };
  const details = [pack('google.rpc.ErrorInfo', ErrorInfo.encode(info).finish())];
  if (error.violations.length > 0) {
    const fieldViolations = error.violations.map(({ field, description }) => ({
      field,
      description,
      reason,
      localizedMessage: undefined,
    }));
    details.push(pack('google.rpc.BadRequest', BadRequest.encode({ fieldViolations }).finish()));
  }
  if (error.retryAfterMs !== undefined) {
    const retryDelay = toDuration(error.retryAfterMs);
    details.push(pack('google.rpc.RetryInfo', RetryInfo.encode({ retryDelay }).finish()));
  }
  if (requestId !== undefined) {
    const request = RequestInfo.encode({ requestId, servingData: '' }).finish();
    details.push(pack('google.rpc.RequestInfo', request));
  }
  return { code: CODES[error.reason], message: error.message, details };
}

/** The error as the status that ends a call. */
export function toStatusObject(error: DomainError, requestId?: string): StatusObject {
  const rich = toStatus(error, requestId);
  const metadata = new Metadata();
  metadata.set('grpc-status-details-bin', Buffer.from(Status.encode(rich).finish()));
  return { code: rich.code, details: rich.message, metadata };
}

/** Milliseconds as a `google.protobuf.Duration`. */
export function toDuration(ms: number): { seconds: bigint; nanos: number } {
  const whole = Math.round(ms);
  return { seconds: BigInt(Math.floor(whole / 1_000)), nanos: (whole % 1_000) * 1_000_000 };
}

function pack(type: string, value: Uint8Array): { typeUrl: string; value: Buffer } {
  return { typeUrl: `type.googleapis.com/${type}`, value: Buffer.from(value) };
}
