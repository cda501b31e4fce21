import { describe, expect, test } from '@jest/globals';
import { StoreConfigurationError } from './database-url.ts';
import { flavourOf } from './mysql-server.ts';

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
