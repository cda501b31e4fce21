import { describe, expect, test } from '@jest/globals';
import { type MysqlLocation, parseDatabaseUrl, StoreConfigurationError } from './database-url.ts';
import { connectionOptions, flavourOf, openingError } from './mysql-server.ts';
import { StoreUnavailable } from './seam/failures.ts';

function locate(url: string): MysqlLocation {
  const location = parseDatabaseUrl(url);
  if (location.engine !== 'mysql') throw new Error(`${url} is no MySQL`);
  return location;
}

describe('flavourOf', () => {
  test.each([
    ['10.11.19-MariaDB-0+deb12u1', 'mariadb'],
    ['5.5.5-10.11.2-MariaDB', 'mariadb'],
    ['11.8.2-MariaDB', 'mariadb'],
    ['8.0.36', 'mysql'],
    ['8.4.0-commercial', 'mysql'],
    ['9.1.0', 'mysql'],
  ])('%s is %s', (version, flavour) => {
    expect(flavourOf(version)).toBe(flavour);
  });

  test.each(['5.7.44', '10.6.21-MariaDB', '5.5.5-10.3.39-MariaDB', 'nonsense'])('%s is too old', (version) => {
    expect(() => flavourOf(version)).toThrow(StoreConfigurationError);
  });
});

describe('where the server is', () => {
  test('a host and a port, or a socket, with or without TLS', () => {
    const host = connectionOptions(locate('mysql://ann:secret@db.example:3307/chat?tls=true'));
    expect(host).toMatchObject({
      host: 'db.example',
      port: 3307,
      user: 'ann',
      password: 'secret',
      database: 'chat',
      ssl: {},
    });
    const socket = connectionOptions(locate('mysql://ann@localhost/chat?socketPath=%2Frun%2Fdb.sock'));
    expect(socket).toMatchObject({ socketPath: '/run/db.sock', charset: 'utf8mb4' });
    expect(socket).not.toHaveProperty('host');
    expect(socket).not.toHaveProperty('ssl');
  });
});

describe('why a database can not be opened', () => {
  const location = locate('mysql://ann:secret@db.example:3307/chat');
  const refusal = (errno: number) => Object.assign(new Error('refused'), { errno });

  test.each([1044, 1045, 1049, 1698])('error %i is for a person to mend', (errno) => {
    const error = openingError(location, refusal(errno));
    expect(error).toBeInstanceOf(StoreConfigurationError);
    expect(error.message).toMatch(/^database chat as ann at db\.example:3307: .+ \(refused\)$/);
    expect(error.message).not.toContain('secret');
  });

  test('anything else may pass', () => {
    const error = openingError(location, refusal(1040));
    expect(error).toBeInstanceOf(StoreUnavailable);
    expect(error.message).toBe("database chat as ann at db.example:3307 can't be reached: refused");
    const nobody = openingError(locate('mysql://localhost/chat?socketPath=%2Frun%2Fdb.sock'), refusal(2002));
    expect(nobody.message).toContain('as nobody at /run/db.sock');
  });

  test('what was explained already stays as it is', () => {
    for (const known of [new StoreConfigurationError('known'), new StoreUnavailable('known')]) {
      expect(openingError(location, known)).toBe(known);
    }
  });
});
