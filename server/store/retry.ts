/** What an error of the database says about the attempt that met it. */
export type Failure =
  /** A unique index refused a row. */
  | 'duplicate'
  /** The attempt was rolled back, or never began; another may succeed. */
  | 'rolled-back'
  /** The connection is gone. */
  | 'lost'
  /** The database answers, but can't work: disk full, read-only, too many connections. */
  | 'unusable'
  /** Not the database's doing. */
  | 'other';

/** How far an attempt had come. */
export type Phase = 'work' | 'commit';

export type Verdict =
  | 'retry'
  /** As `retry`, but the lost commit may have happened. */
  | 'retry-unknown'
  | 'unavailable'
  | 'unknown'
  | 'rethrow';

/** No attempt begins later than this after the first. */
export const RETRY_BUDGET_MS = 2_000;
/** No call takes longer than this; below the 5 s that the store promises. */
export const CALL_DEADLINE_MS = 4_500;

/** An attempt that was cut off at the call's deadline. */
export class DeadlineExceeded extends Error {
  override readonly name = 'DeadlineExceeded';
}

const ROLLED_BACK = new Set<string | number>([
  1205, // ER_LOCK_WAIT_TIMEOUT
  1213, // ER_LOCK_DEADLOCK
  1020, // ER_CHECKREAD: MariaDB's snapshot isolation
  3572, // ER_LOCK_NOWAIT
  'SQLITE_BUSY',
  'SQLITE_BUSY_SNAPSHOT',
  'SQLITE_BUSY_RECOVERY',
  'SQLITE_LOCKED',
]);

const LOST = new Set<string | number>([
  1053, // ER_SERVER_SHUTDOWN
  1077, // ER_NORMAL_SHUTDOWN
  1079, // ER_SHUTDOWN_COMPLETE
  1152, // ER_ABORTING_CONNECTION
  1317, // ER_QUERY_INTERRUPTED
  1927, // ER_CONNECTION_KILLED (MariaDB)
  3169, // ER_SESSION_WAS_KILLED (MySQL)
  4031, // ER_CLIENT_INTERACTION_TIMEOUT (MySQL)
  'PROTOCOL_CONNECTION_LOST',
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT', // the server's unix socket
]);

const UNUSABLE = new Set<string | number>([
  1021, // ER_DISK_FULL
  1040, // ER_CON_COUNT_ERROR
  1041, // ER_OUT_OF_RESOURCES
  1114, // ER_RECORD_FILE_FULL
  1129, // ER_HOST_IS_BLOCKED
  1203, // ER_TOO_MANY_USER_CONNECTIONS
  1290, // ER_OPTION_PREVENTS_STATEMENT: a primary that became a replica
  1792, // ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION
  1836, // ER_READ_ONLY_MODE
  1969, // ER_STATEMENT_TIMEOUT (MariaDB)
  3024, // ER_QUERY_TIMEOUT (MySQL)
]);

const UNUSABLE_SQLITE = /^SQLITE_(FULL|IOERR|READONLY|CANTOPEN|NOMEM|PROTOCOL|CORRUPT|NOTADB)/;
/** mysql2 has no code for these. */
const NEVER_SENT = "Can't add new command when connection is in closed state";
const POOL_MESSAGES = new Set(['Queue limit reached.', 'Pool is closed.', 'No connections available.']);

interface DriverError {
  readonly message?: string;
  readonly code?: string;
  readonly errno?: number;
  readonly fatal?: boolean;
}

/** The driver's own error inside what the ORM throws. */
export function driverError(error: unknown): unknown {
  return error instanceof Error && 'driverError' in error ? error.driverError : error;
}

/** Tells what an error (of a driver, or of the ORM around it) means. */
export function classify(error: unknown): Failure {
  if (error instanceof DeadlineExceeded) return 'lost';
  const { message = '', code = '', errno = 0, fatal } = (driverError(error) ?? {}) as DriverError;
  if (errno === 1062 || code === 'SQLITE_CONSTRAINT_UNIQUE' || code === 'SQLITE_CONSTRAINT_PRIMARYKEY') {
    return 'duplicate';
  }
  if (ROLLED_BACK.has(errno) || ROLLED_BACK.has(code)) return 'rolled-back';
  if (UNUSABLE.has(errno) || UNUSABLE_SQLITE.test(code) || POOL_MESSAGES.has(message)) return 'unusable';
  if (LOST.has(errno) || LOST.has(code) || fatal === true) return 'lost';
  return 'other';
}

/** Why an attempt failed, where its work has put an error of its own around a statement's that is worth a retry. */
export function rootCause(thrown: unknown, statement: unknown): unknown {
  if (statement === undefined) return thrown;
  const failure = classify(statement);
  return failure === 'duplicate' || failure === 'other' ? thrown : statement;
}

/** What to do after an attempt failed with `error` while in `phase`, leaving the budget aside. */
export function judge(error: unknown, phase: Phase, repeatable: boolean): Verdict {
  const failure = classify(error);
  if (failure === 'rolled-back') return 'retry';
  if (phase === 'commit' && !neverSent(error)) return commitVerdict(error, failure, repeatable);
  switch (failure) {
    case 'lost':
      return error instanceof DeadlineExceeded ? 'unavailable' : 'retry';
    case 'unusable':
      return 'unavailable';
    default:
      return 'rethrow';
  }
}

/** EPIPE: the other side had closed before the statement could be written. */
function neverSent(error: unknown): boolean {
  const cause = driverError(error) as DriverError | null;
  return cause?.message === NEVER_SENT || cause?.code === 'EPIPE';
}

/** Whatever else a COMMIT answers, it may have happened; only a full disk says for sure that it did not. */
function commitVerdict(error: unknown, failure: Failure, repeatable: boolean): Verdict {
  if ((driverError(error) as DriverError | null)?.code === 'SQLITE_FULL') return 'unavailable';
  if (failure === 'lost' && repeatable && !(error instanceof DeadlineExceeded)) return 'retry-unknown';
  return 'unknown';
}

/** How long to wait before the attempt after `failures` failed ones: 10 ms doubled to 320, with full jitter. */
export function backoffMs(failures: number, random: () => number = Math.random): number {
  return Math.ceil(random() * 10 * 2 ** Math.min(failures - 1, 5));
}
