import { describe, expect, test } from '@jest/globals';

import { ConfigError, describeSettings, readConfig } from './config.ts';

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

  test.each([
    ['PARLEY_LISTEN', ['50051', 'host', 'host:', 'host:70000', 'a b:1']],
    ['PARLEY_DATABASE_URL', ['postgres://x', 'sqlite:', 'data/parley.db']],
    ['PARLEY_DATABASE_POOL', ['1', '101', '-5', '2.5', 'ten']],
    ['PARLEY_MIGRATE_AT_START', ['yes', '1', 'TRUE']],
    ['PARLEY_REDIS_URL', ['redis://localhost']],
    ['PARLEY_DIRECT_MESSAGES', ['everyone']],
    ['PARLEY_HEARTBEAT_MS', ['999', '300001', '1e4', ' 1000']],
    ['PARLEY_LOG_LEVEL', ['loud']],
  ])('%s is refused where it is wrong, by its name', (variable, values) => {
    for (const value of values)
      expect(complaintsOf({ [variable]: value })).toMatch(new RegExp(`^${variable} (must|is)`));
  });

  test('names everything that is wrong at once, and what is unknown', () => {
    const complaints = complaintsOf({ PARLEY_LISTEN: 'x', PARLEY_LOG_LEVEL: 'x', PARLEY_LISTENING: 'x', OTHER: 'x' });
    expect(complaints.split('\n').map((line) => line.split(' ')[0])).toEqual([
      'PARLEY_LISTEN',
      'PARLEY_LOG_LEVEL',
      'PARLEY_LISTENING',
    ]);
  });

  test('never shows a password', () => {
    expect(complaintsOf({ PARLEY_DATABASE_URL: 'postgres://ann:secret@host/db' })).toContain(
      'postgres://ann:***@host/db',
    );
  });

  test.each(['127.0.0.1:0', '0.0.0.0:50051', 'localhost:1', '[::1]:50051'])('listens at %s', (listen) => {
    expect(readConfig({ PARLEY_LISTEN: listen }).listen).toBe(listen);
  });

  test('passes over the variables of the clients', () => {
    expect(complaintsOf({ PARLEY_SERVER: 'x', PARLEY_PROFILE: 'x', PARLEY_PASSWORD: 'x', PARLEY_TEST_RUNS: 'x' })).toBe(
      '',
    );
  });
});
