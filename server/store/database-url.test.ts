import { describe, expect, test } from '@jest/globals';
import { parseDatabaseUrl, StoreConfigurationError } from './database-url.ts';

describe('parseDatabaseUrl', () => {
  test.each([
    ['sqlite:data/parley.db', 'data/parley.db'],
    ['sqlite:/var/lib/parley.db', '/var/lib/parley.db'],
    ['sqlite:///var/lib/parley.db', '/var/lib/parley.db'],
    ['sqlite::memory:', ':memory:'],
  ])('%s', (url, path) => {
    expect(parseDatabaseUrl(url)).toEqual({ engine: 'sqlite', path });
  });

  test('a MySQL URL, with its parts decoded', () => {
    expect(parseDatabaseUrl('mysql://pa%40rley:s%2Fe%3Acret@db.example:3307/chat?tls=true')).toEqual({
      engine: 'mysql',
      host: 'db.example',
      port: 3307,
      user: 'pa@rley',
      password: 's/e:cret',
      database: 'chat',
      socketPath: undefined,
      tls: true,
    });
  });

  test.each([
    ['mysql://root@localhost/chat?socketPath=%2Ftmp%2Fm.sock', { socketPath: '/tmp/m.sock', port: 3306 }],
    ['mariadb://root@[::1]/chat', { host: '::1', engine: 'mysql' }],
    ['mysql:///chat', { host: 'localhost', user: '' }],
  ])('%s', (url, expected) => {
    expect(parseDatabaseUrl(url)).toMatchObject(expected);
  });

  test.each([
    ['postgres://secret@host/db', /scheme/],
    ['', /scheme/],
    ['sqlite:', /path/],
    ['mysql://u:secret@host', /name one database/],
    ['mysql://u:secret@host/a/b', /name one database/],
    ['mysql://u:secret@host/db?ssl=1', /unknown option "ssl"/],
    ['mysql://u:secret@host/db?tls=yes', /tls must be/],
    ['mysql://u:secret%zz@host/db', /%/],
    ['mysql://u:secret@host:99999/db', /not a URL/],
  ])('refuses %s, without telling the password', (url, message) => {
    expect(() => parseDatabaseUrl(url)).toThrow(StoreConfigurationError);
    expect(() => parseDatabaseUrl(url)).toThrow(message);
    expect(() => parseDatabaseUrl(url)).not.toThrow(/secret/);
  });
});
