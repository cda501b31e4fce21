import { status as grpcStatus } from '@grpc/grpc-js';
import type { ServiceError, StatusObject } from '@grpc/grpc-js';
import { BadRequest, ErrorInfo, RetryInfo } from '../../proto/gen/google/rpc/error_details.pb.ts';
import { Status } from '../../proto/gen/google/rpc/status.pb.ts';
import { ErrorReason } from '../../proto/gen/parley/v1/error_reason.pb.ts';
import { durationMs } from './wire.ts';

/** A gRPC status code by name, such as `UNAVAILABLE`. */
export type StatusCode = keyof typeof grpcStatus;

type Unprefixed<Name> = Name extends `ERROR_REASON_${infer Rest}` ? Rest : never;

/**
 * Why something failed: a name of `parley.v1.ErrorReason` without its prefix, `UNSPECIFIED` where the server told none
 * (or one that this client does not know), or a reason of this client's own.
 */
export type Reason = Unprefixed<keyof typeof ErrorReason> | 'CLIENT_CLOSED' | 'OUTBOX_FULL' | 'ABORTED';

/** A field that is wrong: its path as in the request, and what is allowed. */
export interface FieldViolation {
  readonly field: string;
  readonly description: string;
}

export interface ParleyErrorOptions {
  readonly reason?: Reason;
  readonly retryAfterMs?: number | undefined;
  readonly violations?: readonly FieldViolation[];
  readonly cause?: unknown;
}

/** The one family of errors that leaves this package. Branch on `code` and `reason`, never on the text. */
export class ParleyError extends Error {
  readonly code: StatusCode;
  readonly reason: Reason;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  /** How long to wait before trying again, where the server said so. */
  readonly retryAfterMs: number | undefined;
  readonly violations: readonly FieldViolation[];

  constructor(code: StatusCode, message: string, options: ParleyErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.name = 'ParleyError';
    this.code = code;
    this.reason = options.reason ?? 'UNSPECIFIED';
    this.retryable = isRetryable(code, this.reason);
    this.retryAfterMs = options.retryAfterMs;
    this.violations = options.violations ?? [];
  }
}

function isRetryable(code: StatusCode, reason: Reason): boolean {
  switch (code) {
    case 'UNAVAILABLE':
      return true;
    case 'RESOURCE_EXHAUSTED':
      return reason !== 'GROUP_FULL' && reason !== 'OUTBOX_FULL';
    case 'DEADLINE_EXCEEDED':
      return true;
    // Without a reason it comes from a proxy or the transport (a reset stream), not from the server's code.
    case 'INTERNAL':
      return reason === 'UNSPECIFIED';
    default:
      return false;
  }
}

/** The error of a `google.rpc.Status`: as in frames, and in the details of a failed call. */
export function fromStatus(status: Status): ParleyError {
  let reason: Reason = 'UNSPECIFIED';
  let retryAfterMs: number | undefined;
  const violations: FieldViolation[] = [];
  for (const detail of status.details) {
    switch (detail.typeUrl.slice(detail.typeUrl.lastIndexOf('/') + 1)) {
      case 'google.rpc.ErrorInfo':
        reason = toReason(ErrorInfo.decode(detail.value).reason);
        break;
      case 'google.rpc.RetryInfo':
        retryAfterMs = durationMs(RetryInfo.decode(detail.value).retryDelay);
        break;
      case 'google.rpc.BadRequest':
        for (const { field, description } of BadRequest.decode(detail.value).fieldViolations) {
          violations.push({ field, description });
        }
        break;
      default:
        break;
    }
  }
  return new ParleyError(toStatusCode(status.code), status.message, { reason, retryAfterMs, violations });
}

/** The error of a failed call, with the details of its trailers. */
export function fromCall(failure: ServiceError | StatusObject): ParleyError {
  const bytes = failure.metadata?.get('grpc-status-details-bin')[0];
  let details: Status['details'] = [];
  if (bytes instanceof Uint8Array) {
    try {
      details = Status.decode(bytes).details;
    } catch {
      // Details that can't be read leave the code and the text, which are enough.
    }
  }
  return fromStatus({ code: failure.code, message: failure.details, details });
}

/** What closing the client gives to everything that still waits. */
export function clientClosed(): ParleyError {
  return new ParleyError('CANCELLED', 'the client was closed', { reason: 'CLIENT_CLOSED' });
}

/** What an aborted signal gives to the one who waits. */
export function aborted(signal: AbortSignal): ParleyError {
  return new ParleyError('CANCELLED', 'aborted by the caller', { reason: 'ABORTED', cause: signal.reason });
}

function toStatusCode(code: number): StatusCode {
  return (grpcStatus[code] as StatusCode | undefined) ?? 'UNKNOWN';
}

function toReason(name: string): Reason {
  const full = name.startsWith('ERROR_REASON_') ? name : `ERROR_REASON_${name}`;
  return full in ErrorReason ? (full.slice('ERROR_REASON_'.length) as Reason) : 'UNSPECIFIED';
}
