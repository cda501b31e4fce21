import { describe, expect, test } from '@jest/globals';

import { ConfigError, describeSettings, maskPassword, readConfig } from './config.ts';

function complaintsOf(environment: Record<string, string>): string {
  try {
    readConfig(environment);
    return '';
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}

describe('the configuration', () => {
  test('has a default for everything; an empty variable is an unset one', () => {
    const unset = readConfig({});
    expect(unset).toMatchObject({
      listen: '127.0.0.1:50051',
      databaseUrl: 'sqlite:data/parley.db',
      directMessages: 'anyone',
      reflection: true,
      heartbeatMs: 10_000,
      heartbeatMisses: 5,
    });
    expect(unset.replica).toMatch(/:50051$/);
    expect(readConfig(Object.fromEntries(describeSettings().map(({ variable }) => [variable, ''])))).toEqual(unset);
  });

  const WRONG: readonly [variable: string, values: readonly string[]][] = [
    ['PARLEY_LISTEN', ['50051', 'host', 'host:', 'host:70000', 'a b:1']],
    ['PARLEY_DATABASE_URL', ['postgres://x', 'sqlite:', 'data/parley.db']],
    ['PARLEY_DATABASE_POOL', ['1', '101', '-5', '2.5', 'ten']],
    ['PARLEY_MIGRATE_AT_START', ['yes', '1', 'TRUE']],
    ['PARLEY_ATTACHMENTS', [' ']],
    ['PARLEY_MAX_ATTACHMENT_BYTES', ['0', '1073741825', '25MB']],
    ['PARLEY_ORPHAN_HOURS', ['0', '721', '1.5']],
    ['PARLEY_REDIS_URL', ['localhost:6379', 'redis://', 'redis://host:0', 'redis://ann@host', 'unix://path']],
    ['PARLEY_REDIS_CLUSTER', ['yes']],
    ['PARLEY_ADVERTISE', ['host', ':50051', 'host:70000']],
    ['PARLEY_WEIGHT', ['0', '1001', '0.5']],
    ['PARLEY_LEASE_MS', ['1999', '60001', '10s']],
    ['PARLEY_DIRECT_MESSAGES', ['everyone']],
    ['PARLEY_FRIEND_REQUEST_DAYS', ['0', '3651', '1.5']],
    ['PARLEY_RECALL_SECONDS', ['-1', '31536001', 'never']],
    ['PARLEY_EDIT_SECONDS', ['-1', '31536001', '1.5']],
    ['PARLEY_HEARTBEAT_MS', ['999', '300001', '1e4', ' 1000']],
    ['PARLEY_REPLICA', ['x'.repeat(129)]],
    ['PARLEY_REFLECTION', ['on', 'False']],
    ['PARLEY_HEARTBEAT_MISSES', ['1', '101']],
    ['PARLEY_SLOW_CONSUMER_MS', ['999', '600001']],
    ['PARLEY_MAX_STREAM_AGE_SECONDS', ['9', '86401', '-1', 'never']],
    ['PARLEY_AWAY_SECONDS', ['9', '86401']],
    ['PARLEY_SESSION_DAYS', ['0', '366']],
    ['PARLEY_DRAIN_WAIT_MS', ['-1', '60001']],
    ['PARLEY_DRAIN_SPREAD_MS', ['60001', 'NaN']],
    ['PARLEY_ADMIN_LISTEN', ['9464', ':9464', 'host:70000']],
    ['PARLEY_LOG_LEVEL', ['loud']],
    ['PARLEY_LOG_FORMAT', ['xml']],
  ];

  test.each(WRONG)('%s is refused where it is wrong, by its name', (variable, values) => {
    for (const value of values)
      expect(complaintsOf({ [variable]: value })).toMatch(new RegExp(`^${variable} (must|is)`));
  });

  test('no setting takes just anything', () => {
    const settings = describeSettings().map(({ variable }) => variable);
    expect(WRONG.map(([variable]) => variable).toSorted()).toEqual(settings.toSorted());
  });

  test('what is allowed at most, and at least, is allowed', () => {
    const limits = { PARLEY_DATABASE_POOL: '2', PARLEY_HEARTBEAT_MS: '300000', PARLEY_SESSION_DAYS: '365' };
    expect(readConfig(limits)).toMatchObject({ databasePool: 2, heartbeatMs: 300_000, sessionDays: 365 });
    for (const [text, maxStreamAgeSeconds] of [['0', 0] as const, ['10', 10] as const]) {
      expect(readConfig({ PARLEY_MAX_STREAM_AGE_SECONDS: text })).toMatchObject({ maxStreamAgeSeconds });
    }
  });

  test('tells in numbers and words what is allowed', () => {
    expect(complaintsOf({ PARLEY_DATABASE_POOL: 'ten' })).toBe(
      'PARLEY_DATABASE_POOL must be a whole number from 2 to 100 (it is "ten")',
    );
    expect(complaintsOf({ PARLEY_LOG_FORMAT: 'xml' })).toBe(
      'PARLEY_LOG_FORMAT must be auto, json or pretty (it is "xml")',
    );
  });

  test('names everything that is wrong at once, and what is unknown', () => {
    const complaints = complaintsOf({ PARLEY_LISTEN: 'x', PARLEY_LOG_LEVEL: 'x', PARLEY_LISTENING: 'x', OTHER: 'x' });
    expect(complaints.split('\n').map((line) => line.split(' ')[0])).toEqual([
      'PARLEY_LISTEN',
      'PARLEY_LOG_LEVEL',
      'PARLEY_LISTENING',
    ]);
  });

  test.each([
    ['postgres://ann:secret@host/db', 'postgres://ann:***@host/db'],
    ['postgres://ann:p@secret@host/db', 'postgres://ann:***@host/db'],
    ['postgres://ann:secret/p@host/db', 'postgres://ann:***@host/db'],
    ['postgres://ann:secret\np@host/db', 'postgres://ann:***@host/db'],
    ['postgres://:secret@host/db', 'postgres://:***@host/db'],
    ['mysql:/ann:secret@host/db', '***@host/db'],
    ['ann:secret@host/db', '***@host/db'],
  ])('never shows a password: of %j', (url, shown) => {
    const complaint = complaintsOf({ PARLEY_DATABASE_URL: url });
    expect(complaint).toContain(`(it is "${shown}")`);
    expect(complaint).not.toContain('secret');
  });

  const MYSQL = { PARLEY_DATABASE_URL: 'mysql://host/db' };

  test.each([
    [{ PARLEY_REDIS_URL: 'redis://host' }, /^PARLEY_REDIS_URL is for replicas that share a MySQL database/],
    [{ ...MYSQL, PARLEY_REDIS_CLUSTER: 'true' }, /^PARLEY_REDIS_CLUSTER is true, so PARLEY_REDIS_URL must name nodes/],
    [{ ...MYSQL, PARLEY_REDIS_URL: 'redis://a,b' }, /^PARLEY_REDIS_URL must name one host/],
    ...['unix:///r.sock', 'redis://a/1'].map((url) => [
      { ...MYSQL, PARLEY_REDIS_URL: url, PARLEY_REDIS_CLUSTER: 'true' },
      /^PARLEY_REDIS_URL must name hosts and no DB/,
    ]),
  ] as [Record<string, string>, RegExp][])('refuses what contradicts itself: %j', (environment, complaint) => {
    expect(complaintsOf(environment)).toMatch(complaint);
    expect(complaintsOf(environment)).not.toContain('\n');
  });

  test.each<Record<string, string>>([
    { PARLEY_REDIS_URL: 'unix:///run/r.sock?db=3' },
    { PARLEY_REDIS_URL: 'rediss://ann:secret@a:7000,b', PARLEY_REDIS_CLUSTER: 'true' },
  ])('takes a Redis beside MySQL: %j', (environment) => {
    expect(complaintsOf({ ...MYSQL, ...environment })).toBe('');
  });

  test("never shows a Redis' password", () => {
    const complaint = complaintsOf({ PARLEY_REDIS_URL: 'redis://ann:secret@host/x' });
    expect(complaint).toContain('(it is "redis://ann:***@host/x")');
  });

  test.each(['mysql://ann@host/db', 'mysql://host:3306/db', 'sqlite:data/ann@home.db', 'sqlite::memory:'])(
    'shows %s as it is: it has no password',
    (url) => {
      expect(maskPassword(url)).toBe(url);
    },
  );

  test.each(['127.0.0.1:0', '0.0.0.0:50051', 'localhost:1', '[::1]:50051'])('listens at %s', (listen) => {
    expect(readConfig({ PARLEY_LISTEN: listen }).listen).toBe(listen);
  });

  test('passes over the variables of the clients', () => {
    expect(complaintsOf({ PARLEY_SERVER: 'x', PARLEY_PROFILE: 'x', PARLEY_PASSWORD: 'x', PARLEY_TEST_RUNS: 'x' })).toBe(
      '',
    );
  });
});
