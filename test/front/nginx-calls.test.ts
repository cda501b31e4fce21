import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { AuthServiceService } from '../../proto/gen/parley/v1/auth_service.pb.ts';
import { ROOT } from '../../scripts/run.ts';
import { describeSettings } from '../../server/config.ts';
import { startServer, type TestServer } from '../cluster/start-server.ts';
import { ping, textMessage, toUser, send } from '../e2e/protocol/frames.ts';
import { type Change, FrontNginx } from './front-nginx.ts';
import { stageAt } from './stage-at.ts';

const HEARTBEAT_MS = 1_000;
/** Some heartbeats, but fewer than are awaited. */
const SHORTENED: Change = ['75s', '2500ms'];
/** What nginx lets through by default. */
const MIB = 1_048_576;
const TEXT = 'm'.repeat(3_000);
const GET_ACCOUNT = { user: undefined };

let server: TestServer;

beforeAll(async () => {
  server = await startServer({ engine: 'sqlite', environment: { PARLEY_HEARTBEAT_MS: String(HEARTBEAT_MS) } });
});

afterAll(() => server.stop());

/** Those who come in through an nginx before the server. */
async function through(tls: boolean, ...changes: readonly Change[]) {
  const nginx = await FrontNginx.start({ tls, replicas: [[server.address, 1]], changes });
  const stage = stageAt(nginx);
  const close = async () => {
    await stage.close();
    await nginx[Symbol.asyncDispose]();
  };
  return { nginx, stage, [Symbol.asyncDispose]: close };
}

type Through = Awaited<ReturnType<typeof through>>;

describe.each([
  ['TLS', true],
  ['clear text', false],
])('through nginx with %s', (_what, tls) => {
  let front: Through;
  beforeAll(async () => {
    front = await through(tls);
  });
  afterAll(() => front[Symbol.asyncDispose]());

  test('two users talk', async () => {
    const [ann, bob] = await front.stage.users('ann', 'bob');
    const [annChat, bobChat] = [await ann.connect(), await bob.connect()];
    await annChat.say(toUser(bob.id), 'hello');
    await bobChat.say(toUser(ann.id), 'hello yourself');
    expect(await annChat.entries(1)).toMatchObject([{ seq: 2n, senderId: bob.id }]);
    expect(await bobChat.entries(1)).toMatchObject([{ seq: 1n, senderId: ann.id }]);
  });

  test('each call is a line of JSON with its status, and no token is in it', async () => {
    const ann = await front.stage.user('ann');
    await ann.call(AuthServiceService.getAccount, GET_ACCOUNT);
    const refused = front.stage.caller.call(AuthServiceService.getAccount, GET_ACCOUNT, 'no-such-token');
    await expect(refused).rejects.toMatchObject({ code: status.UNAUTHENTICATED });
    const chat = await ann.connect();
    expect(await chat.finish()).toMatchObject({ code: status.OK });

    const call = '/parley.v1.AuthService/GetAccount';
    const [fine, wrong] = await front.nginx.accessLog.logged((logged) => logged.call === call, 2);
    const common = { client: '127.0.0.1', upstream: server.address, status: 200, tls: tls ? 'TLSv1.3' : '' };
    expect(fine).toMatchObject({ ...common, grpc_status: '0' });
    expect(wrong).toMatchObject({ ...common, grpc_status: '16' });
    await front.nginx.accessLog.logged(({ call, grpc_status: code }) => call.endsWith('/Chat') && code === '0');
    const log = await front.nginx.accessLog.text();
    expect(log).not.toContain(ann.token);
    expect(log).not.toContain('no-such-token');
  });

  test('a stream stays up after far more than a mebibyte', async () => {
    const [ann, bob] = await front.stage.users('ann', 'bob');
    const chat = await ann.connect();
    let bytes = 0;
    while (bytes < 1.5 * MIB) {
      const messages = Array.from({ length: 16 }, () => textMessage(toUser(bob.id), TEXT));
      chat.send(send(...messages));
      await chat.results(messages.length);
      bytes += messages.length * TEXT.length;
    }
    expect((await chat.say(toUser(bob.id), 'and on')).seq).toBeGreaterThan(500n);
  });
});

test('with the default limit of a body such a stream is cut', async () => {
  await using front = await through(false, ['client_max_body_size 0;', '']);
  const [ann, bob] = await front.stage.users('ann', 'bob');
  const chat = await ann.connect();
  const flood = async () => {
    for (let bytes = 0; bytes < 1.5 * MIB; bytes += 16 * TEXT.length) {
      const messages = Array.from({ length: 16 }, () => textMessage(toUser(bob.id), TEXT));
      chat.send(send(...messages));
      await chat.results(messages.length);
    }
  };
  await expect(flood()).rejects.toThrow(/the stream ended/);
});

describe('patience', () => {
  test('is longer than the heartbeat limit of Parley', async () => {
    const settings = new Map(describeSettings().map(({ variable, fallback }) => [variable, Number(fallback)]));
    const limitMs = settings.get('PARLEY_HEARTBEAT_MS')! * settings.get('PARLEY_HEARTBEAT_MISSES')!;
    const http = await readFile(join(ROOT, 'nginx/http.conf'), 'utf8');
    for (const timeout of ['grpc_read_timeout', 'grpc_send_timeout', 'client_body_timeout', 'send_timeout']) {
      const seconds = Number(new RegExp(`^${timeout} (\\d+)s;$`, 'm').exec(http)?.[1]);
      expect([timeout, seconds * 1_000 > limitMs]).toEqual([timeout, true]);
    }
  });

  test('a stream that says nothing but heartbeats outlives it', async () => {
    await using front = await through(false, SHORTENED);
    const ann = await front.stage.user('ann');
    const chat = await ann.connect();
    // Each of the server's own beats is answered with one of the client's.
    for (let beats = 0; beats < 4;) {
      if ((await chat.next('pong')).nonce !== 0n) continue;
      chat.send(ping(7n));
      beats += 1;
    }
    await chat.settled();
  });

  test('a stream that is silent is cut', async () => {
    await using quiet = await startServer({ engine: 'sqlite', environment: { PARLEY_HEARTBEAT_MS: '60000' } });
    await using nginx = await FrontNginx.start({
      tls: false,
      replicas: [[quiet.address, 1]],
      changes: [['75s', '500ms']],
    });
    await using stage = stageAt(nginx);
    const chat = await (await stage.user('ann')).connect();
    expect([status.INTERNAL, status.UNAVAILABLE]).toContain((await chat.status()).code);
  });
});
