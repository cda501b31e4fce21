import { describe, expect, test } from '@jest/globals';
import {
  backoffMs,
  classify,
  DeadlineExceeded,
  type Failure,
  judge,
  type Phase,
  rootCause,
  type Verdict,
} from './retry.ts';

function driver(fields: { code?: string; errno?: number; fatal?: boolean; message?: string }): Error {
  return Object.assign(new Error(fields.message ?? 'from the driver'), fields);
}

const DEADLOCK = driver({ code: 'ER_LOCK_DEADLOCK', errno: 1213 });
const LOST = driver({ code: 'PROTOCOL_CONNECTION_LOST', fatal: true });
const DUPLICATE = driver({ code: 'ER_DUP_ENTRY', errno: 1062 });
const FULL = driver({ code: 'SQLITE_FULL' });
const CLOSED = driver({ message: "Can't add new command when connection is in closed state", fatal: true });
const BUG = new TypeError('x is not a function');

describe('classify', () => {
  test.each<[Failure, { code?: string; errno?: number; fatal?: boolean; message?: string }]>([
    ['rolled-back', { code: 'ER_LOCK_WAIT_TIMEOUT', errno: 1205 }],
    ['rolled-back', { code: 'ER_LOCK_DEADLOCK', errno: 1213 }],
    ['rolled-back', { code: 'ER_CHECKREAD', errno: 1020 }],
    ['rolled-back', { code: 'SQLITE_BUSY' }],
    ['duplicate', { code: 'ER_DUP_ENTRY', errno: 1062 }],
    ['duplicate', { code: 'SQLITE_CONSTRAINT_UNIQUE' }],
    ['duplicate', { code: 'SQLITE_CONSTRAINT_PRIMARYKEY' }],
    ['other', { code: 'SQLITE_CONSTRAINT_FOREIGNKEY' }],
    ['lost', { code: 'PROTOCOL_CONNECTION_LOST', fatal: true }],
    ['lost', { code: 'ECONNRESET' }],
    ['lost', { code: 'ECONNREFUSED' }],
    ['lost', { code: 'ENOENT' }],
    ['lost', { code: 'ER_SERVER_SHUTDOWN', errno: 1053 }],
    ['lost', { errno: 1927 }],
    ['lost', { fatal: true }],
    ['unusable', { code: 'ER_CON_COUNT_ERROR', errno: 1040, fatal: true }],
    ['unusable', { code: 'ER_OPTION_PREVENTS_STATEMENT', errno: 1290 }],
    ['unusable', { errno: 1969 }],
    ['unusable', { code: 'SQLITE_FULL' }],
    ['unusable', { code: 'SQLITE_IOERR_FSYNC' }],
    ['unusable', { message: 'Queue limit reached.' }],
    ['other', { code: 'ER_PARSE_ERROR', errno: 1064 }],
  ])('%s: %j', (failure, fields) => {
    expect(classify(driver(fields))).toBe(failure);
    const wrapped = Object.assign(new Error('from the ORM'), { driverError: driver(fields) });
    expect(classify(wrapped)).toBe(failure);
  });

  test('what no driver threw is other', () => {
    for (const value of [BUG, undefined, null, 'text', {}]) expect(classify(value)).toBe('other');
  });
});

describe('judge', () => {
  test.each<[Verdict, string, Error, Phase, boolean]>([
    ['retry', 'a deadlock', DEADLOCK, 'work', false],
    ['retry', 'a deadlock found while committing', DEADLOCK, 'commit', false],
    ['retry', 'a connection lost before the commit', LOST, 'work', false],
    ['unknown', 'a connection lost while committing', LOST, 'commit', false],
    ['retry-unknown', 'the same of repeatable work', LOST, 'commit', true],
    ['retry', 'a commit that was never sent', CLOSED, 'commit', false],
    ['retry', 'a commit that could not be written', driver({ code: 'EPIPE' }), 'commit', false],
    ['unavailable', 'a deadline before the commit', new DeadlineExceeded(), 'work', true],
    ['unknown', 'a deadline while committing', new DeadlineExceeded(), 'commit', true],
    ['unavailable', 'a full disk', FULL, 'work', true],
    ['unavailable', 'a full disk while committing', FULL, 'commit', true],
    ['unknown', 'any other error of a commit', driver({ code: 'SQLITE_IOERR_FSYNC' }), 'commit', true],
    ['rethrow', 'a duplicate key', DUPLICATE, 'work', true],
    ['rethrow', 'a bug', BUG, 'work', true],
  ])('%s: %s', (verdict, _what, error, phase, repeatable) => {
    expect(judge(error, phase, repeatable)).toBe(verdict);
  });
});

test('the root cause is the statement that is worth a retry, else what was thrown', () => {
  expect(rootCause(BUG, undefined)).toBe(BUG);
  expect(rootCause(BUG, DEADLOCK)).toBe(DEADLOCK);
  expect(rootCause(BUG, LOST)).toBe(LOST);
  expect(rootCause(BUG, DUPLICATE)).toBe(BUG);
});

test('the backoff doubles up to its limit, jittered down to nothing', () => {
  expect([1, 2, 3, 4, 5, 6, 7, 60].map((failures) => backoffMs(failures, () => 1))).toEqual([
    10, 20, 40, 80, 160, 320, 320, 320,
  ]);
  expect(backoffMs(9, () => 0)).toBe(0);
});
