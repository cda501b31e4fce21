import type { Metadata } from '@grpc/grpc-js';

import { BadRequest, ErrorInfo, RetryInfo } from '../../../proto/gen/google/rpc/error_details.pb.ts';
import { Status } from '../../../proto/gen/google/rpc/status.pb.ts';

/** How a call or an item of a stream ended: the status with its details. */
export interface RichStatus {
  readonly code: number;
  readonly message: string;
  /** Of the ErrorInfo, without its prefix; empty where there is none. */
  readonly reason: string;
  readonly domain: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** Of the BadRequest. */
  readonly fields: readonly string[];
  /** Of the RetryInfo; undefined where there is none. */
  readonly retryAfterMs: number | undefined;
}

/** Thrown for a unary call that failed. */
export class CallFailed extends Error implements RichStatus {
  override readonly name = 'CallFailed';
  readonly code: number;
  readonly reason: string;
  readonly domain: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly fields: readonly string[];
  readonly retryAfterMs: number | undefined;

  constructor(rich: RichStatus) {
    super(`${rich.code} ${rich.reason}: ${rich.message}`);
    ({
      code: this.code,
      reason: this.reason,
      domain: this.domain,
      metadata: this.metadata,
      fields: this.fields,
      retryAfterMs: this.retryAfterMs,
    } = rich);
  }
}

export function readStatus({ code, message, details }: Status): RichStatus {
  const detail = (type: string) => details.find(({ typeUrl }) => typeUrl.endsWith(`/google.rpc.${type}`))?.value;
  const info = detail('ErrorInfo');
  const badRequest = detail('BadRequest');
  const retry = detail('RetryInfo');
  const { reason, domain, metadata } = info ? ErrorInfo.decode(info) : { reason: '', domain: '', metadata: {} };
  const delay = retry && RetryInfo.decode(retry).retryDelay;
  return {
    code,
    message,
    reason: reason.replace(/^ERROR_REASON_/, ''),
    domain,
    metadata,
    fields: badRequest ? BadRequest.decode(badRequest).fieldViolations.map(({ field }) => field) : [],
    retryAfterMs: delay && Number(delay.seconds) * 1_000 + delay.nanos / 1_000_000,
  };
}

/** The status of a call, from its trailers. */
export function readTrailers(status: { code: number; details: string; metadata: Metadata }): RichStatus {
  const [packed] = status.metadata.get('grpc-status-details-bin');
  const details = Buffer.isBuffer(packed) ? Status.decode(packed).details : [];
  return readStatus({ code: status.code, message: status.details, details });
}
