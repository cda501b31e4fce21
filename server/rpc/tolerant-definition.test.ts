import { Metadata, type MethodDefinition, type ServerUnaryCall, type ServiceDefinition, status } from '@grpc/grpc-js';
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';

import { AttachmentServiceService } from '../../proto/gen/parley/v1/attachment_service.pb.ts';
import { AuthServiceService, LoginRequest } from '../../proto/gen/parley/v1/auth_service.pb.ts';
import { ChatRequest, ChatServiceService } from '../../proto/gen/parley/v1/chat_service.pb.ts';
import { FriendServiceService } from '../../proto/gen/parley/v1/friend_service.pb.ts';
import { GroupServiceService } from '../../proto/gen/parley/v1/group_service.pb.ts';
import { HistoryServiceService } from '../../proto/gen/parley/v1/history_service.pb.ts';
import type { Sessions } from '../accounts/sessions.ts';
import { DomainError } from '../lib/errors.ts';
import type { Events } from '../telemetry/events.ts';
import { Calls } from './calls.ts';
import { checkDecoded, tolerant } from './tolerant-definition.ts';

const SERVICES: ServiceDefinition[] = [
  AttachmentServiceService,
  AuthServiceService,
  ChatServiceService,
  FriendServiceService,
  GroupServiceService,
  HistoryServiceService,
];
const METHODS = SERVICES.flatMap((service): MethodDefinition<unknown, unknown>[] => Object.values(tolerant(service)));
const methodAt = (path: string) => METHODS.find((method) => method.path === path) ?? fail(path);

function fail(path: string): never {
  throw new Error(`the contract has no ${path}`);
}

/** What a handler does with these bytes: takes them, or says why not. */
function taken(method: MethodDefinition<unknown, unknown>, bytes: Uint8Array): string {
  const request = method.requestDeserialize(Buffer.from(bytes));
  try {
    checkDecoded(request);
    return 'taken';
  } catch (error) {
    if (error instanceof DomainError) return error.reason;
    throw error;
  }
}

/** A frame with everything in it, so that damage can hit anything. */
const FRAME = ChatRequest.encode(
  ChatRequest.fromPartial({
    frame: {
      $case: 'send',
      value: {
        messages: [
          {
            clientMessageId: '01890a5d-ac96-774b-bcce-b302099a8057',
            target: { target: { $case: 'groupId', value: 7n } },
            content: { text: 'hällo', payload: { mediaType: 'a/b', data: Buffer.from([1, 2, 3]) } },
          },
        ],
      },
    },
  }),
).finish();
const CHAT = '/parley.v1.ChatService/Chat';

describe('the bytes of a request', () => {
  test('are taken or refused, whatever they are and whatever the rpc', () => {
    const bytes = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ max: 0x30, maxLength: 200 }));
    fc.assert(
      fc.property(fc.constantFrom(...METHODS), bytes, (method, given) => {
        expect(['taken', 'INVALID_FIELD']).toContain(taken(method, given));
      }),
      { numRuns: 2_000 },
    );
  });

  test('are taken or refused where a good frame is damaged, and some of each', () => {
    const damage = fc.array(fc.tuple(fc.nat(FRAME.length - 1), fc.integer({ min: 0, max: 255 })), { maxLength: 3 });
    const seen = new Set<string>();
    fc.assert(
      fc.property(damage, fc.nat(FRAME.length), (changes, length) => {
        const bytes = Uint8Array.from(FRAME);
        for (const [at, byte] of changes) bytes[at] = byte;
        seen.add(taken(methodAt(CHAT), bytes.subarray(0, length)));
      }),
      { numRuns: 1_000 },
    );
    expect([...seen].sort()).toEqual(['INVALID_FIELD', 'taken']);
    expect(taken(methodAt(CHAT), FRAME)).toBe('taken');
  });

  test.each<[string, Uint8Array]>([
    ['a million groups, one in the other', Buffer.alloc(1_000_000, 0x0b)],
    ['a length of 2^32 − 1', Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f])],
  ])('are refused: %s', (_what, bytes) => {
    for (const method of METHODS) expect(taken(method, bytes)).toBe('INVALID_FIELD');
  });

  test.each<[string, number[]]>([
    ['a byte that begins nothing', [0xff]],
    ['an overlong form', [0xc0, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['half a character', [0xe5, 0xa5]],
  ])('are refused where a text is not UTF-8: %s', (_what, text) => {
    // Field 3 of LoginRequest is the password.
    const bytes = Buffer.from([(3 << 3) | 2, text.length, ...text]);
    expect(taken(methodAt('/parley.v1.AuthService/Login'), bytes)).toBe('INVALID_FIELD');
  });

  test('keep a text as it is: a mark of byte order, a NUL, a character beyond the first plane', () => {
    const password = '\ufeffa\u0000𠀀';
    const login = methodAt('/parley.v1.AuthService/Login');
    const bytes = LoginRequest.encode(LoginRequest.fromPartial({ password })).finish();
    const request = login.requestDeserialize(Buffer.from(bytes));
    expect(request).toMatchObject({ password });
  });
});

test('a call with such bytes is not made, and answered as the caller’s fault', async () => {
  const calls = new Calls({} as Sessions, {} as Events);
  const request = methodAt('/parley.v1.AuthService/Login').requestDeserialize(Buffer.from([0x0a]));
  let made = false;
  const handler = calls.open(async () => (made = true));
  const call = { request, metadata: new Metadata(), getPath: () => '' } as unknown as ServerUnaryCall<unknown, boolean>;
  const error = await new Promise((resolve) => handler(call, resolve));
  expect(error).toMatchObject({ code: status.INVALID_ARGUMENT });
  expect(made).toBe(false);
});
