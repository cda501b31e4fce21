import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { HealthClient } from '../../proto/gen/health/v1/health.pb.ts';
import { call } from '../cluster/chat-peer.ts';
import { ServerProcess } from '../cluster/server-process.ts';
import { startServer, type TestServer } from '../cluster/start-server.ts';
import { toUser } from '../e2e/protocol/frames.ts';
import { freePort } from '../setup/free-port.ts';
import { callEmpty } from './call-empty.ts';
import { FrontNginx } from './front-nginx.ts';
import { answerNothing, answerOk, answerServing, cutConnection, startHttp2Backend } from './http2-backend.ts';
import { stageAt } from './stage-at.ts';

const NOBODY = { code: status.UNAVAILABLE, details: 'no replica can answer at present' };

describe('where no replica can answer, a call is UNAVAILABLE', () => {
  test('none is known', async () => {
    await using nginx = await FrontNginx.start({ tls: false });
    expect(await callEmpty(nginx.address)).toMatchObject(NOBODY);
    const [logged] = await nginx.accessLog.logged(({ grpc_status: code }) => code === '14');
    expect(logged).toMatchObject({ call: '/parley.v1.AuthService/GetAccount', status: 200 });
  });

  test('none can be connected to', async () => {
    await using nginx = await FrontNginx.start({ tls: true, replicas: [[`127.0.0.1:${await freePort()}`, 1]] });
    expect(await callEmpty(nginx.address, { channel: nginx.channel })).toMatchObject(NOBODY);
  });
});

test('a replica that is killed: open streams end so that clients come back, new calls are UNAVAILABLE', async () => {
  await using replica = await ServerProcess.start();
  await using nginx = await FrontNginx.start({ tls: false, replicas: [[replica.address, 1]] });
  await using stage = stageAt(nginx);
  const ann = await stage.user('ann');
  const chat = await ann.connect();
  await replica.kill();
  const { code } = await chat.status();
  expect([status.UNAVAILABLE, status.INTERNAL]).toContain(code);
  expect(await callEmpty(nginx.address)).toMatchObject(NOBODY);
});

describe('another replica is tried', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ engine: 'sqlite' });
  });
  afterAll(() => server.stop());

  test('where one could not be connected to: clients notice nothing', async () => {
    const dead = `127.0.0.1:${await freePort()}`;
    const replicas = [[dead, 1] as const, [server.address, 1] as const];
    await using nginx = await FrontNginx.start({ tls: false, replicas });
    const statuses = await Promise.all(Array.from({ length: 20 }, () => callEmpty(nginx.address)));
    expect(new Set(statuses.map(({ code }) => code))).toEqual(new Set([status.UNAUTHENTICATED]));
    const calls = await nginx.accessLog.logged(() => true, 20);
    expect(calls.map(({ upstream }) => upstream)).toContain(`${dead}, ${server.address}`);
  });

  test('not where the call was passed on, since it may have been carried out', async () => {
    await using dying = await startHttp2Backend(cutConnection);
    await using well = await startHttp2Backend(answerOk);
    const replicas = [[dying.address, 1000] as const, [well.address, 1] as const];
    await using nginx = await FrontNginx.start({ tls: false, replicas });
    expect(await callEmpty(nginx.address)).toMatchObject(NOBODY);
    expect(dying.headers).toHaveLength(1);
    expect(well.headers).toHaveLength(0);
  });
});

test('the client’s address is handed on, and what the client says of it is not', async () => {
  await using backend = await startHttp2Backend(answerOk);
  await using nginx = await FrontNginx.start({ tls: false, replicas: [[backend.address, 1]] });
  const headers = { 'x-forwarded-for': '6.6.6.6', authorization: 'Bearer abc' };
  expect(await callEmpty(nginx.address, { headers })).toMatchObject({ code: status.OK });
  expect(backend.headers).toMatchObject([
    { 'x-forwarded-for': '127.0.0.1', authorization: 'Bearer abc', te: 'trailers' },
  ]);
});

test('one address has so many open calls, and is told RESOURCE_EXHAUSTED beyond', async () => {
  await using server = await startServer({ engine: 'sqlite' });
  await using nginx = await FrontNginx.start({
    tls: true,
    replicas: [[server.address, 1]],
    changes: [['include tls.conf;', 'include tls.conf; limit_conn parley_per_address 2;']],
  });
  await using stage = stageAt(nginx);
  const ann = await stage.user('ann');
  const [first] = [await ann.connect(), await ann.connect()];
  const refused = { code: status.RESOURCE_EXHAUSTED, details: 'too many open calls from this address' };
  expect(await callEmpty(nginx.address, { channel: nginx.channel })).toMatchObject(refused);
  await first.finish();
  await nginx.accessLog.logged(({ call }) => call.endsWith('/Chat'));
  expect(await callEmpty(nginx.address, { channel: nginx.channel })).toMatchObject({ code: status.UNAUTHENTICATED });
});

describe('a reload', () => {
  test('keeps the streams that are open, and new ones go by the new list', async () => {
    await using before = await startServer({ engine: 'sqlite' });
    await using after = await startHttp2Backend(answerOk);
    await using nginx = await FrontNginx.start({ tls: false, replicas: [[before.address, 1]] });
    await using stage = stageAt(nginx);
    const [ann, bob] = await stage.users('ann', 'bob');
    const chats = await Promise.all(Array.from({ length: 20 }, () => ann.connect()));
    await nginx.balance([after.address, 1]);
    expect(await callEmpty(nginx.address)).toMatchObject({ code: status.OK });
    expect(after.headers).toHaveLength(1);
    await Promise.all(chats.map((chat, i) => chat.say(toUser(bob.id), `still here ${i}`)));
  });

  test('makes clients use another connection for what they call next, beside the stream that they have', async () => {
    await using before = await startHttp2Backend(answerNothing);
    await using after = await startHttp2Backend(answerServing);
    await using nginx = await FrontNginx.start({ tls: false, replicas: [[before.address, 1]] });
    const client = new HealthClient(nginx.address, nginx.channel, { 'grpc.use_local_subchannel_pool': 1 });
    const request = { service: '' };
    const stream = client.watch(request);
    stream.on('error', () => undefined);
    while (before.headers.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await nginx.balance([after.address, 1]);
    await call((done) => client.check(request, done));
    expect([before.headers.length, after.headers.length]).toEqual([1, 1]);
    stream.cancel();
    client.close();
  });
});

test('weights of 3 to 1 split 400 connections in that proportion', async () => {
  await using heavy = await startServer({ engine: 'sqlite' });
  await using light = await startServer({ engine: 'sqlite' });
  const replicas = [[heavy.address, 3] as const, [light.address, 1] as const];
  await using nginx = await FrontNginx.start({ tls: false, replicas });
  const CONNECTIONS = 400;
  for (let begun = 0; begun < CONNECTIONS; begun += 40) {
    const statuses = await Promise.all(Array.from({ length: 40 }, () => callEmpty(nginx.address)));
    for (const { code } of statuses) expect(code).toBe(status.UNAUTHENTICATED);
  }
  const calls = await nginx.accessLog.logged(() => true, CONNECTIONS);
  const share = calls.filter(({ upstream }) => upstream === heavy.address).length / CONNECTIONS;
  expect(share).toBeGreaterThan(0.75 * 0.95);
  expect(share).toBeLessThan(0.75 * 1.05);
  expect(new Set(calls.map(({ connection }) => connection)).size).toBe(CONNECTIONS);
});
