import { describe, expect, test } from '@jest/globals';

import { parseAddress, resolveAddress } from './address.ts';

describe('HOST:PORT', () => {
  test.each([
    ['10.0.0.1:50051', '10.0.0.1', 50_051],
    ['[fd00::2]:1', 'fd00::2', 1],
    ['parley-1.chat_net.local:65535', 'parley-1.chat_net.local', 65_535],
  ])('%s', (address, host, port) => {
    expect(parseAddress(address)).toEqual({ host, port });
  });

  test.each([
    '10.0.0.1',
    '10.0.0.1:0',
    '10.0.0.1:65536',
    '[10.0.0.1]:1',
    'fd00::2:1',
    'a b:1',
    '-a:1',
    'a:1; server 10.6.6.6:1',
    'a;}\n:1',
    'a:1\n',
    'unix:/tmp/a.sock',
  ])('%j is none', (address) => {
    expect(() => parseAddress(address)).toThrow(RangeError);
  });
});

describe('its IP address', () => {
  test.each([
    ['10.0.0.1:50051', '10.0.0.1:50051'],
    ['[fd00::2]:1', '[fd00::2]:1'],
  ])('%s as it is', async (address, resolved) => {
    expect(await resolveAddress(address)).toBe(resolved);
  });

  test('of a name', async () => {
    expect(await resolveAddress('localhost:7')).toMatch(/^(127\.0\.0\.1|\[::1\]):7$/);
  });

  test('of a name that nobody knows: an error', async () => {
    await expect(resolveAddress('nobody.invalid:7')).rejects.toThrow();
  });
});
