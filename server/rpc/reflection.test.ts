import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { credentials, Server, ServerCredentials, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type {
  ServerReflectionRequest,
  ServerReflectionResponse,
} from '../../proto/gen/grpc/reflection/v1/reflection.pb.ts';
import { ServerReflectionClient as V1Client } from '../../proto/gen/grpc/reflection/v1/reflection.pb.ts';
import { ServerReflectionClient as V1AlphaClient } from '../../proto/gen/grpc/reflection/v1alpha/reflection.pb.ts';
import { freePort } from '../../test/setup/free-port.ts';
import { reflectionServices } from './reflection.ts';

type Question = ServerReflectionRequest['messageRequest'];
type Answer = ServerReflectionResponse['messageResponse'];

const server = new Server();
let address: string;

beforeAll(async () => {
  for (const { definition, implementation } of reflectionServices()) server.addService(definition, implementation);
  const port = await freePort();
  address = `127.0.0.1:${port}`;
  await promisify(server.bindAsync.bind(server))(address, ServerCredentials.createInsecure());
});

afterAll(() => {
  server.forceShutdown();
});

/** Asks all questions on one stream and gives the responses in order. */
async function ask(
  client: V1Client | V1AlphaClient,
  questions: readonly Question[],
): Promise<ServerReflectionResponse[]> {
  const responses: ServerReflectionResponse[] = [];
  const call = client.serverReflectionInfo();
  call.on('data', (response: ServerReflectionResponse) => responses.push(response));
  for (const messageRequest of questions) call.write({ host: 'a.host', messageRequest });
  call.end();
  try {
    await once(call, 'end');
  } finally {
    client.close();
  }
  return responses;
}

function outcome(answer: Answer): unknown {
  if (answer?.$case === 'errorResponse') return answer.value.errorCode;
  if (answer?.$case === 'fileDescriptorResponse') return answer.value.fileDescriptorProto.length;
  return answer?.value;
}

describe.each([
  ['v1', V1Client],
  ['v1alpha', V1AlphaClient],
])('reflection %s', (_version, Client) => {
  test('answers every kind of question, in order, and says what it does not know', async () => {
    const answers = await ask(new Client(address, credentials.createInsecure()), [
      { $case: 'fileByFilename', value: 'parley/v1/account.proto' },
      { $case: 'fileByFilename', value: 'parley/v1/nothing.proto' },
      { $case: 'fileContainingSymbol', value: 'parley.v1.Account.name' },
      { $case: 'fileContainingSymbol', value: 'parley.v1.Nothing' },
      { $case: 'fileContainingExtension', value: { containingType: 'parley.v1.Account', extensionNumber: 7 } },
      { $case: 'allExtensionNumbersOfType', value: 'parley.v1.Account' },
      { $case: 'allExtensionNumbersOfType', value: 'parley.v1.Nothing' },
      undefined,
    ]);

    expect(answers.map((response) => outcome(response.messageResponse))).toEqual([
      2,
      status.NOT_FOUND,
      1,
      status.NOT_FOUND,
      status.NOT_FOUND,
      { baseTypeName: 'parley.v1.Account', extensionNumber: [] },
      status.NOT_FOUND,
      status.INVALID_ARGUMENT,
    ]);
  });

  test('lists services, and repeats the host and the request', async () => {
    const question: Question = { $case: 'listServices', value: '' };
    const [response] = await ask(new Client(address, credentials.createInsecure()), [question]);

    expect(response).toMatchObject({
      validHost: 'a.host',
      originalRequest: { host: 'a.host', messageRequest: question },
      messageResponse: { value: { service: expect.arrayContaining([{ name: 'parley.v1.ChatService' }]) } },
    });
  });

  test('answers more questions than a stream buffers', async () => {
    const question: Question = { $case: 'fileContainingSymbol', value: 'parley.v1.ChatService' };
    const answers = await ask(new Client(address, credentials.createInsecure()), Array<Question>(500).fill(question));

    expect(answers).toHaveLength(500);
  });
});

describe('buf curl', () => {
  const platform = `${process.platform}-${process.arch}`;
  const buf = fileURLToPath(new URL(`../../node_modules/@bufbuild/buf-${platform}/bin/buf`, import.meta.url));
  const bufCurl = async (...args: string[]) =>
    (await promisify(execFile)(buf, ['curl', '--protocol', 'grpc', '--http2-prior-knowledge', ...args])).stdout;

  test.each(['grpc-v1', 'grpc-v1alpha'])('lists methods through %s', async (protocol) => {
    const methods = await bufCurl('--reflect-protocol', protocol, '--list-methods', `http://${address}`);

    expect(methods.split('\n')).toEqual(
      expect.arrayContaining(['parley.v1.ChatService/Chat', 'grpc.health.v1.Health/Check']),
    );
  });
});
