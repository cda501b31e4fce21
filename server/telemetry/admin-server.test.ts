import { createServer } from 'node:net';

import { afterEach, beforeEach, expect, test } from '@jest/globals';

import { freePort } from '../../test/setup/free-port.ts';
import { AdminServer } from './admin-server.ts';
import { Metrics } from './metrics.ts';

let metrics: Metrics;
let ready: boolean;
let failures: unknown[];
let admin: AdminServer;
let address: string;

beforeEach(async () => {
  metrics = new Metrics();
  ready = false;
  failures = [];
  admin = new AdminServer({ metrics, ready: () => ready, onFailure: (cause) => failures.push(cause) });
  address = await admin.listen(`127.0.0.1:${await freePort()}`);
});

afterEach(() => admin[Symbol.asyncDispose]());

const ask = (path: string, method = 'GET') => fetch(`http://${address}${path}`, { method });

test('gives the metrics, the process with them', async () => {
  metrics.messageSent();
  const response = await ask('/metrics');
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4');
  const text = await response.text();
  expect(text).toContain('\nparley_messages_sent_total 1\n');
  expect(text).toContain('\nprocess_resident_memory_bytes ');
});

test('is alive all the time, and ready when the replica is', async () => {
  expect((await ask('/healthz')).status).toBe(200);
  expect((await ask('/readyz')).status).toBe(503);
  ready = true;
  expect((await ask('/readyz?verbose')).status).toBe(200);
});

test('answers nothing else', async () => {
  expect((await ask('/')).status).toBe(404);
  expect((await ask('/metrics', 'POST')).status).toBe(405);
  const head = await ask('/healthz', 'HEAD');
  expect([head.status, await head.text()]).toEqual([200, '']);
});

test('what fails is told to the operator, not to whoever asks', async () => {
  metrics.exposition = () => Promise.reject(new Error('secret'));
  const response = await ask('/metrics');
  expect([response.status, await response.text()]).toEqual([500, 'failed\n']);
  expect(failures).toEqual([new Error('secret')]);
});

test('says when it can not listen, and then has nothing to close', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const { port } = taken.address() as { port: number };
  const another = new AdminServer({ metrics, ready: () => true, onFailure: () => undefined });
  await expect(another.listen(`127.0.0.1:${port}`)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  await another[Symbol.asyncDispose]();
  await new Promise((resolve) => taken.close(resolve));
});
