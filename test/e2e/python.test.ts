import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startServer } from '../cluster/start-server.ts';
import { DEBIAN_PYTHON } from '../setup/packages.ts';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PYTHON_LIMIT_MS = 60_000;

interface Step {
  readonly step: string;
  readonly [fact: string]: unknown;
}

let server: Awaited<ReturnType<typeof startServer>>;
let stubs: string;

beforeAll(async () => {
  stubs = await mkdtemp(join(tmpdir(), 'parley-python-'));
  [server] = await Promise.all([startServer({ engine: 'sqlite' }), generateStubs(stubs)]);
});

afterAll(async () => {
  await server?.stop();
  await rm(stubs, { recursive: true, force: true });
});

/** Python's stubs, from what the server's reflection serves: protoc alone, none of the project's own tools. */
async function generateStubs(folder: string): Promise<void> {
  const contract = await readdir(join(ROOT, 'proto/parley/v1'));
  await run('protoc', [
    `--descriptor_set_in=${join(ROOT, 'proto/gen/descriptor.binpb')}`,
    `--python_out=${folder}`,
    `--grpc_python_out=${folder}`,
    `--plugin=protoc-gen-grpc_python=/usr/bin/grpc_python_plugin`,
    ...contract.map((file) => `parley/v1/${file}`),
    'google/rpc/status.proto',
    'google/rpc/error_details.proto',
  ]);
}

async function runScenario(): Promise<Step[]> {
  const { stdout } = await run(DEBIAN_PYTHON, [join(ROOT, 'test/e2e/python/scenario.py'), server.address], {
    env: { ...process.env, PYTHONPATH: stubs, PYTHONDONTWRITEBYTECODE: '1' },
    timeout: PYTHON_LIMIT_MS,
  });
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Step);
}

function failure(code: string, reason: string, fields: string[] = []) {
  return { code, reason, domain: 'parley.v1', fields, retry_after_s: null };
}

describe('a client in Python', () => {
  test(
    'registers, talks, resumes and understands errors',
    async () => {
      const steps = await runScenario();
      const [annId, bobId] = steps[0]?.['ids'] as [number, number];
      const welcome = {
        step: 'welcomed',
        protocol_version: 1,
        has_epoch: true,
        heartbeat_s: 10,
        misses: 5,
        max_text_bytes: 8_192,
      };

      expect(steps).toEqual([
        { step: 'registered', ids: [expect.any(Number), expect.any(Number)] },
        { step: 'logged in', ids: [annId, bobId], token_lengths: [43, 43] },
        { step: 'error', of: 'bad name', ...failure('INVALID_ARGUMENT', 'ERROR_REASON_INVALID_FIELD', ['name']) },
        { step: 'error', of: 'taken name', ...failure('ALREADY_EXISTS', 'ERROR_REASON_NAME_TAKEN') },
        { step: 'error', of: 'wrong password', ...failure('UNAUTHENTICATED', 'ERROR_REASON_CREDENTIALS_INVALID') },
        { step: 'error', of: 'no token', ...failure('UNAUTHENTICATED', 'ERROR_REASON_TOKEN_MISSING') },
        { step: 'error', of: 'unknown token', ...failure('UNAUTHENTICATED', 'ERROR_REASON_TOKEN_INVALID') },
        { ...welcome, who: 'ann', user_id: annId },
        { ...welcome, who: 'bob', user_id: bobId },
        { step: 'sent', seq: 1, has_time: true },
        {
          step: 'delivered',
          same_conversation: true,
          seq: 1,
          sender_id: annId,
          sender_is_named: true,
          text: 'hello bob',
          same_id: true,
        },
        { step: 'acknowledged', nonce: 1, closed: 'OK' },
        { step: 'sent while away', seqs: [2, 3], repeated_seq: 2 },
        {
          step: 'send refused',
          of: 'id reused',
          ...failure('ALREADY_EXISTS', 'ERROR_REASON_CLIENT_MESSAGE_ID_REUSED'),
        },
        { step: 'closed', who: 'ann', code: 'OK' },
        {
          step: 'resumed',
          by: "server's cursor",
          messages: [
            [2, 'are you there?'],
            [3, 'call me'],
          ],
        },
        {
          step: 'frame refused',
          frame: 'ack',
          at: true,
          ...failure('OUT_OF_RANGE', 'ERROR_REASON_ACK_BEYOND_DELIVERED'),
        },
        { step: 'closed', who: 'bob', code: 'OK' },
        { step: 'resumed', by: "client's cursor", messages: [[3, 'call me']] },
        { step: 'closed', who: 'bob', code: 'OK' },
        {
          step: 'stream ended',
          of: 'ping before hello',
          ...failure('FAILED_PRECONDITION', 'ERROR_REASON_UNEXPECTED_FRAME'),
        },
        {
          step: 'history',
          messages: [
            [1, 'hello bob'],
            [2, 'are you there?'],
            [3, 'call me'],
          ],
        },
        { step: 'stream ended', of: 'token after logout', ...failure('UNAUTHENTICATED', 'ERROR_REASON_TOKEN_INVALID') },
      ]);
    },
    PYTHON_LIMIT_MS,
  );
});
