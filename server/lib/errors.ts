/** What the client may branch on: names of `parley.v1.ErrorReason` without their prefix. */
export type Reason =
  | 'INVALID_FIELD'
  | 'INVALID_PAGE_TOKEN'
  | 'PROTOCOL_VERSION_UNSUPPORTED'
  | 'UNEXPECTED_FRAME'
  | 'HELLO_TIMEOUT'
  | 'HEARTBEAT_TIMEOUT'
  | 'TOKEN_MISSING'
  | 'TOKEN_INVALID'
  | 'CREDENTIALS_INVALID'
  | 'NAME_TAKEN'
  | 'USER_NOT_FOUND'
  | 'GROUP_NOT_FOUND'
  | 'CONVERSATION_NOT_FOUND'
  | 'FRIEND_REQUEST_NOT_FOUND'
  | 'MESSAGE_NOT_FOUND'
  | 'ATTACHMENT_NOT_FOUND'
  | 'RECIPIENT_UNAVAILABLE'
  | 'NOT_A_MEMBER'
  | 'ROLE_INSUFFICIENT'
  | 'GROUP_FULL'
  | 'OWNER_CANNOT_LEAVE'
  | 'TOO_LATE'
  | 'REVISION_CONFLICT'
  | 'SELF_NOT_ALLOWED'
  | 'LIMIT_REACHED'
  | 'CLIENT_MESSAGE_ID_REUSED'
  | 'REQUEST_ID_REUSED'
  | 'EARLIER_SEND_FAILED'
  | 'OUTCOME_UNKNOWN'
  | 'ACK_BEYOND_DELIVERED'
  | 'UPLOAD_OFFSET_WRONG'
  | 'UPLOAD_INCOMPLETE'
  | 'CHECKSUM_MISMATCH'
  | 'RATE_LIMITED'
  | 'OVERLOADED'
  | 'SLOW_CONSUMER'
  | 'STORE_UNAVAILABLE'
  | 'DRAINING'
  | 'INTERNAL';

/** A field that is wrong: its path as in the request, and what is allowed. */
export interface FieldViolation {
  readonly field: string;
  readonly description: string;
}

export interface DomainErrorOptions {
  readonly violations?: readonly FieldViolation[];
  readonly retryAfterMs?: number;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** The one family of errors that leaves the domain. Anything else is a bug and leaves as INTERNAL. */
export class DomainError extends Error {
  readonly reason: Reason;
  readonly violations: readonly FieldViolation[];
  readonly retryAfterMs: number | undefined;
  readonly metadata: Readonly<Record<string, string>>;

  constructor(reason: Reason, message: string, options: DomainErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.name = 'DomainError';
    this.reason = reason;
    this.violations = options.violations ?? [];
    this.retryAfterMs = options.retryAfterMs;
    this.metadata = options.metadata ?? {};
  }
}

/** INVALID_FIELD for one field. */
export function invalidField(field: string, description: string): DomainError {
  return new DomainError('INVALID_FIELD', `${field}: ${description}`, { violations: [{ field, description }] });
}

export function userNotFound(): DomainError {
  return new DomainError('USER_NOT_FOUND', 'there is no such user');
}

const RETRYABLE: ReadonlySet<Reason> = new Set<Reason>([
  'STORE_UNAVAILABLE',
  'OUTCOME_UNKNOWN',
  'EARLIER_SEND_FAILED',
  'OVERLOADED',
  'RATE_LIMITED',
  'DRAINING',
]);

/** Whether the same request may succeed later. */
export function isRetryable(error: unknown): boolean {
  return error instanceof DomainError && RETRYABLE.has(error.reason);
}
