import { ParleyError } from '../node/index.ts';
import { safeLine } from './safe-text.ts';

/** Something that went wrong, in words for the user. Its exit code: 1 for a failure, 2 for wrong usage. */
export class CliError extends Error {
  readonly exitCode: 1 | 2;

  constructor(message: string, options: { exitCode?: 1 | 2; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'CliError';
    this.exitCode = options.exitCode ?? 1;
  }
}

/** One line for stderr, with what to do about it. */
export function explain(error: unknown, server: string): string {
  if (error instanceof ParleyError) return safeLine(explainParleyError(error, server));
  return safeLine(error instanceof Error ? error.message : String(error));
}

function explainParleyError(error: ParleyError, server: string): string {
  switch (error.reason) {
    case 'TOKEN_MISSING':
    case 'TOKEN_INVALID':
      return 'not logged in any more: parley login NAME';
    case 'CREDENTIALS_INVALID':
      return 'wrong name or password';
    case 'NAME_TAKEN':
      return 'this name is taken: choose another one, or parley login NAME';
    case 'GROUP_NOT_FOUND':
      return 'no such group, or it is not open to you: parley groups list';
    case 'CONVERSATION_NOT_FOUND':
      return 'nothing was said there yet: parley conversations';
    case 'FRIEND_REQUEST_NOT_FOUND':
      return 'no such friend request: parley friends requests';
    case 'OWNER_CANNOT_LEAVE':
      return 'the owner can not leave a group that has other members';
    default:
      break;
  }
  if (error.reason === 'UNSPECIFIED' && error.code === 'UNAVAILABLE') {
    return `can not reach the server at ${server}: is it running? (another address: --server HOST:PORT)`;
  }
  if (error.reason === 'UNSPECIFIED' && error.code === 'DEADLINE_EXCEEDED') {
    return `the server at ${server} does not answer`;
  }
  if (error.violations.length > 0) {
    return error.violations.map(({ field, description }) => `${field}: ${description}`).join('; ');
  }
  const wait = error.retryAfterMs === undefined ? '' : ` (try again in ${Math.ceil(error.retryAfterMs / 1000)} s)`;
  return `${error.message || error.code.toLowerCase().replaceAll('_', ' ')}${wait}`;
}
