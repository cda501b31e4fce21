import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import type { DescMethod } from '@bufbuild/protobuf';
import { createFileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startServer } from '../cluster/start-server.ts';
import type { Json } from './buf-curl.ts';
import { bufCurl, BufCurlCall, bufCurlList } from './buf-curl.ts';
import type { World } from './rpc-expectations.ts';
import { EXPECTED, PASSWORD, textTo, uniqueName } from './rpc-expectations.ts';

const run = promisify(execFile);
const IMAGE = new URL('../../proto/gen/descriptor.binpb', import.meta.url);

const services = [...createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(IMAGE)))]
  .filter((type) => type.kind === 'service')
  .sort((a, b) => (a.typeName < b.typeName ? -1 : 1));
const methods = services.flatMap((service) => service.methods).map((method) => [rpcName(method), method] as const);

/** The one that never ends by itself. */
const ENDLESS = 'grpc.health.v1.Health/Watch';

let server: Awaited<ReturnType<typeof startServer>>;
let world: World;

beforeAll(async () => {
  server = await startServer({ engine: 'sqlite' });
  world = await makeWorld();
});

afterAll(async () => {
  await server.stop();
});

async function makeWorld(): Promise<World> {
  const annName = uniqueName('ann');
  const bobName = uniqueName('bob');
  await mustCall('parley.v1.AuthService/Register', { name: annName, password: PASSWORD });
  const bob = await mustCall('parley.v1.AuthService/Register', { name: bobName, password: PASSWORD });
  const annToken = await logIn(annName);
  const annGroup = await mustCall('parley.v1.GroupService/CreateGroup', { name: "ann's" }, annToken);
  const bobGroup = await mustCall('parley.v1.GroupService/CreateGroup', { name: "bob's" }, await logIn(bobName));
  return {
    annToken,
    bobId: idOf(bob, 'account'),
    annGroupId: idOf(annGroup, 'group'),
    bobGroupId: idOf(bobGroup, 'group'),
  };
}

async function mustCall(rpc: string, request: object, token?: string): Promise<Json> {
  const result = await bufCurl(server.address, rpc, { data: [request], ...(token !== undefined && { token }) });
  const [response] = result.responses;
  if (response === undefined) throw new Error(`${rpc}: ${status[result.code]} ${result.message}`);
  return response;
}

async function logIn(name: string): Promise<string> {
  return String((await mustCall('parley.v1.AuthService/Login', { name, password: PASSWORD }))['token']);
}

function idOf(response: Json, resource: string): string {
  return String((response[resource] as Json)['id']);
}

function rpcName(method: DescMethod): string {
  return `${method.parent.typeName}/${method.name}`;
}

describe('buf curl, through reflection', () => {
  test('lists every service of the contract', async () => {
    await expect(bufCurlList(server.address, 'services')).resolves.toEqual(services.map(({ typeName }) => typeName));
  });

  test('lists every method of every service', async () => {
    const listed = await bufCurlList(server.address, 'methods');

    expect(listed.sort()).toEqual(methods.map(([name]) => name).sort());
  });

  test('has an expectation for no rpc that is not there', () => {
    expect(methods.map(([name]) => name)).toEqual(expect.arrayContaining(Object.keys(EXPECTED)));
  });

  test.each(methods.filter(([name]) => name !== ENDLESS))('calls %s', async (name, method) => {
    const expected = EXPECTED[name];
    const ownToken = expected?.ownSession === true ? await logInAnew() : world.annToken;
    const request = expected?.data?.(world) ?? {};
    const result = await bufCurl(server.address, name, { token: ownToken, data: [request] });

    if (expected !== undefined) expect({ rpc: name, ...result }).toMatchObject({ rpc: name, code: expected.code });
    if (expected?.reason !== undefined) expect(result.info?.reason).toBe(expected.reason);
    // Whatever an rpc answers, it was a handler's answer, and one that programs can read.
    expect([status.UNKNOWN, status.INTERNAL]).not.toContain(result.code);
    if (result.code === status.OK && method.methodKind === 'unary') expect(result.responses).toHaveLength(1);
    if (result.code !== status.OK) expect(result.info).toMatchObject({ domain: 'parley.v1' });
  });

  test('refuses every rpc of parley.v1 without a token, but for the two that give one', async () => {
    const open = ['parley.v1.AuthService/Register', 'parley.v1.AuthService/Login'];
    const closed = methods
      .map(([name]) => name)
      .filter((name) => name.startsWith('parley.v1.') && !open.includes(name));
    const answers: Record<string, string | undefined> = {};
    for (const name of closed) answers[name] = (await bufCurl(server.address, name)).info?.reason;

    expect(answers).toEqual(Object.fromEntries(closed.map((name) => [name, 'ERROR_REASON_TOKEN_MISSING'])));
  });

  test('watches the health', async () => {
    const call = new BufCurlCall(server.address, ENDLESS);
    call.write({ service: 'parley.v1.ChatService' });
    call.end();
    try {
      await expect(call.next()).resolves.toEqual({ status: 'SERVING' });
    } finally {
      await call.cancel();
    }
  });

  test('chats: hello, welcome, a send and its receipt', async () => {
    const call = new BufCurlCall(server.address, 'parley.v1.ChatService/Chat', world.annToken);
    const message = textTo(world.bobId, 'typed by hand');
    call.write({ hello: { protocolVersion: 1, deviceName: 'curl' } });
    await expect(call.next()).resolves.toMatchObject({ welcome: { protocolVersion: 1, heartbeatInterval: '10s' } });
    call.write({ send: { messages: [message] } });

    const results = await firstOf(call, 'sendResults');
    expect(results).toMatchObject({
      results: [{ clientMessageId: message.clientMessageId, receipt: { seq: expect.stringMatching(/^[1-9]\d*$/) } }],
    });
    await expect(call.finish()).resolves.toMatchObject({ code: status.OK });
  });
});

async function logInAnew(): Promise<string> {
  const name = uniqueName('short');
  await mustCall('parley.v1.AuthService/Register', { name, password: PASSWORD });
  return logIn(name);
}

/** Passes over frames until there is one of this kind, and gives it. */
async function firstOf(call: BufCurlCall, kind: string): Promise<unknown> {
  for (;;) {
    const frame = await call.next();
    if (kind in frame) return frame[kind];
  }
}

const grpcurl = await run('grpcurl', ['-version']).then(
  () => true,
  () => false,
);

describe(grpcurl ? 'grpcurl' : 'grpcurl (skipped: it is not installed here)', () => {
  const testWhereInstalled = grpcurl ? test : test.skip;

  testWhereInstalled('lists, describes and calls', async () => {
    const at = ['-plaintext', server.address];
    const listed = await run('grpcurl', [...at, 'list']);
    expect(listed.stdout.trimEnd().split('\n')).toEqual(services.map(({ typeName }) => typeName));

    const described = await run('grpcurl', [...at, 'describe', 'parley.v1.ChatService']);
    expect(described.stdout).toContain('rpc Chat ( stream .parley.v1.ChatRequest )');

    const checked = await run('grpcurl', [...at, 'grpc.health.v1.Health/Check']);
    expect(JSON.parse(checked.stdout)).toEqual({ status: 'SERVING' });
  });
});
