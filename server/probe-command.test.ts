import { createServer, type Server } from 'node:net';
import { promisify } from 'node:util';

import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Server as GrpcServer, ServerCredentials } from '@grpc/grpc-js';

import { freePort } from '../test/setup/free-port.ts';
import { systemClock } from './lib/clock.ts';
import { runProbe } from './probe-command.ts';
import { Health } from './rpc/health.ts';

describe('the probe', () => {
  let address: string;
  let health: Health;
  let server: GrpcServer;
  let stdout: string;
  let stderr: string;
  let databaseAnswers: boolean;

  beforeEach(async () => {
    databaseAnswers = true;
    const ping = () => (databaseAnswers ? Promise.resolve() : Promise.reject(new Error('gone')));
    health = new Health({ clock: systemClock, ping });
    server = new GrpcServer();
    health.addTo(server);
    address = `127.0.0.1:${await freePort()}`;
    await promisify(server.bindAsync.bind(server))(address, ServerCredentials.createInsecure());
    stdout = '';
    stderr = '';
    jest.spyOn(process.stdout, 'write').mockImplementation((text) => ((stdout += String(text)), true));
    jest.spyOn(process.stderr, 'write').mockImplementation((text) => ((stderr += String(text)), true));
  });

  afterEach(() => {
    jest.restoreAllMocks();
    health.close();
    server.forceShutdown();
  });

  test('0 while the server serves, 1 before and once it drains', async () => {
    expect(await runProbe([address], {})).toBe(1);
    health.serving();
    expect(await runProbe([address], {})).toBe(0);
    health.draining();
    expect(await runProbe([address], {})).toBe(1);
    expect(stdout).toBe(
      ['not serving', 'serving', 'not serving'].map((told) => `${address} parley.v1.ChatService: ${told}\n`).join(''),
    );
  });

  test('asks for the service that it is told', async () => {
    databaseAnswers = false;
    health.serving();
    expect(await runProbe([address, '--service', ''], {})).toBe(0);
    expect(await runProbe(['--service=parley.database', address], {})).toBe(1);
    expect(await runProbe([address, '--service=parley.v1.Nothing'], {})).toBe(1);
    expect(stdout).toBe(
      [
        `${address}: serving`,
        `${address} parley.database: not serving`,
        `${address} parley.v1.Nothing: no answer within 2 s, or no such service`,
        '',
      ].join('\n'),
    );
  });

  test.each(['127.0.0.1', '0.0.0.0', '[::]'])(
    'finds the server of its environment, which listens on %s',
    async (host) => {
      const port = address.slice(address.lastIndexOf(':'));
      if (host === '[::]')
        await promisify(server.bindAsync.bind(server))(`[::1]${port}`, ServerCredentials.createInsecure());
      health.serving();
      expect(await runProbe([], { PARLEY_LISTEN: `${host}${port}` })).toBe(0);
    },
  );

  test('1 where nobody is', async () => {
    expect(await runProbe([`127.0.0.1:${await freePort()}`], {})).toBe(1);
  });

  test('1 after 2 s where somebody listens and says nothing', async () => {
    const silent = await listening(createServer());
    const startedAt = performance.now();
    expect(await runProbe([silent.address], {})).toBe(1);
    expect(performance.now() - startedAt).toBeGreaterThan(1_500);
    await silent.close();
  });

  test.each([
    ['nowhere', '"nowhere" is not HOST:PORT'],
    ['127.0.0.1:1 127.0.0.1:2', 'give one HOST:PORT'],
    ['--srvice=x', "Unknown option '--srvice'"],
    ['', 'PARLEY_LISTEN must be HOST:PORT'],
  ])('%j is wrong usage', async (line, told) => {
    expect(await runProbe(line.split(' ').filter(Boolean), { PARLEY_LISTEN: 'nowhere' })).toBe(2);
    expect(stderr).toContain(`parley-server probe: ${told}`);
    expect(stdout).toBe('');
  });

  test('--help explains', async () => {
    expect(await runProbe(['--help'], {})).toBe(0);
    expect(stdout).toContain('parley-server probe [HOST:PORT] [--service NAME]');
  });
});

async function listening(silent: Server): Promise<{ address: string; close: () => Promise<void> }> {
  const sockets = new Set<{ destroy: () => void }>();
  silent.on('connection', (socket) => sockets.add(socket.on('error', () => undefined)));
  const port = await freePort();
  await new Promise<void>((resolve) => silent.listen(port, '127.0.0.1', resolve));
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => silent.close(() => resolve()));
  };
  return { address: `127.0.0.1:${port}`, close };
}
