import { readFileSync } from 'node:fs';

import { createFileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { Client, credentials, type Metadata, status, type StatusObject } from '@grpc/grpc-js';
import { beforeAll, describe, expect, test } from '@jest/globals';

import { AuthServiceService } from '../../../proto/gen/parley/v1/auth_service.pb.ts';
import { ENGINES } from '../../cluster/start-server.ts';
import { bearer } from './raw-chat.ts';
import type { RawUser } from './raw-user.ts';
import { readTrailers, type RichStatus } from './rich-status.ts';
import { useStage } from './stage.ts';

const IMAGE = new URL('../../../proto/gen/descriptor.binpb', import.meta.url);
const OPEN = ['parley.v1.AuthService/Login', 'parley.v1.AuthService/Register'];

const rpcs = [...createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(IMAGE)))]
  .filter((type) => type.kind === 'service')
  .flatMap((service) => service.methods)
  .map((method) => `${method.parent.typeName}/${method.name}`)
  .filter((name) => name.startsWith('parley.v1.'));

/** An answer without a token to an empty request, of any rpc: on the wire all four kinds begin in the same way. */
async function callEmpty(address: string, rpc: string, metadata: Metadata): Promise<RichStatus> {
  const client = new Client(address, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
  const nothing = () => Buffer.alloc(0);
  const stream = client.makeBidiStreamRequest(`/${rpc}`, nothing, nothing, metadata);
  stream.on('data', () => undefined);
  stream.on('error', () => undefined);
  try {
    const ended = new Promise<StatusObject>((resolve) => stream.once('status', resolve));
    stream.end({});
    return readTrailers(await ended);
  } finally {
    client.close();
  }
}

describe.each(ENGINES)('authentication, on %s', (engine) => {
  const stage = useStage(engine);
  let ann: RawUser;
  beforeAll(async () => {
    ann = await stage().user('ann');
  });

  test('the contract has the rpcs that are open', () => {
    expect(rpcs).toEqual(expect.arrayContaining(OPEN));
    expect(rpcs.length).toBeGreaterThan(30);
  });

  test.each(rpcs.filter((rpc) => !OPEN.includes(rpc)))('%s wants a token', async (rpc) => {
    expect(await callEmpty(stage().address, rpc, bearer(undefined))).toMatchObject({
      code: status.UNAUTHENTICATED,
      reason: 'TOKEN_MISSING',
      domain: 'parley.v1',
    });
    expect(await callEmpty(stage().address, rpc, bearer('x'.repeat(43)))).toMatchObject({
      code: status.UNAUTHENTICATED,
      reason: 'TOKEN_INVALID',
      domain: 'parley.v1',
    });
  });

  test.each(OPEN)('%s wants none', async (rpc) => {
    const { reason } = await callEmpty(stage().address, rpc, bearer(undefined));
    expect(['INVALID_FIELD', 'CREDENTIALS_INVALID']).toContain(reason);
  });

  test.each([
    ['no scheme', (token: string) => token],
    ['another scheme', (token: string) => `Basic ${token}`],
    ['no token', () => 'Bearer'],
    ['something behind it', (token: string) => `Bearer ${token} more`],
  ])('an authorization with %s is none', async (_, header) => {
    const metadata = bearer(undefined);
    metadata.set('authorization', header(ann.token));
    const answer = await callEmpty(stage().address, 'parley.v1.AuthService/GetAccount', metadata);
    expect(answer).toMatchObject({ code: status.UNAUTHENTICATED, reason: 'TOKEN_MISSING' });
  });

  test('the scheme may be written in any case', async () => {
    const metadata = bearer(undefined);
    metadata.set('authorization', `bEARER ${ann.token}`);
    const answer = await callEmpty(stage().address, 'parley.v1.AuthService/GetAccount', metadata);
    expect(answer).toMatchObject({ code: status.OK });
  });

  test('a token of one server is worth nothing when it is changed by one letter', async () => {
    const changed = (ann.token.startsWith('A') ? 'B' : 'A') + ann.token.slice(1);
    await expect(
      stage().caller.call(AuthServiceService.getAccount, { user: undefined }, changed),
    ).rejects.toMatchObject({ code: status.UNAUTHENTICATED, reason: 'TOKEN_INVALID' });
  });
});
