import { Server, ServerCredentials } from '@grpc/grpc-js';
import { afterEach, beforeEach, expect, test } from '@jest/globals';

import { HealthService } from '../../proto/gen/health/v1/health.pb.ts';
import { systemClock } from '../lib/clock.ts';
import { Health } from './health.ts';
import { probeHealth } from './health-probe.ts';

const PATIENCE_MS = 200;

let server: Server;
let health: Health;

beforeEach(() => {
  server = new Server();
  health = new Health({ clock: systemClock, ping: async () => undefined });
});

afterEach(() => {
  health.close();
  server.forceShutdown();
});

function listen(): Promise<string> {
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
      if (error === null) resolve(`127.0.0.1:${port}`);
      else reject(error);
    });
  });
}

test('serving, draining, and gone', async () => {
  health.addTo(server);
  const address = await listen();
  expect(await probeHealth(address)).toBe('not-serving');
  health.serving();
  expect(await probeHealth(address)).toBe('serving');
  health.draining();
  expect(await probeHealth(address)).toBe('not-serving');
  server.forceShutdown();
  expect(await probeHealth(address)).toBe('failed');
});

test('a server without a health service fails', async () => {
  expect(await probeHealth(await listen())).toBe('failed');
});

test('one that hangs fails in time', async () => {
  server.addService(HealthService, { check: () => undefined, watch: () => undefined, list: () => undefined });
  const address = await listen();
  const begunMs = performance.now();
  expect(await probeHealth(address, PATIENCE_MS)).toBe('failed');
  const tookMs = performance.now() - begunMs;
  expect(tookMs).toBeGreaterThan(PATIENCE_MS - 20);
  expect(tookMs).toBeLessThan(PATIENCE_MS + 1_000);
});
