import { readFileSync } from 'node:fs';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import type { FileDescriptorProto } from '@bufbuild/protobuf/wkt';
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt';
import { describe, expect, test } from '@jest/globals';
import { ReflectionIndex } from './reflection-index.ts';

const contract = new ReflectionIndex(readFileSync(new URL('../../proto/gen/descriptor.binpb', import.meta.url)));

/** `base.proto` holds an extensible message, `extra.proto` imports it and extends it twice. */
const extended = new ReflectionIndex(
  toBinary(
    FileDescriptorSetSchema,
    create(FileDescriptorSetSchema, {
      file: [
        {
          name: 'base.proto',
          package: 'sample',
          syntax: 'proto2',
          messageType: [{ name: 'Base', extensionRange: [{ start: 100, end: 200 }] }, { name: 'Plain' }],
        },
        {
          name: 'extra.proto',
          package: 'sample.extra',
          syntax: 'proto2',
          dependency: ['base.proto'],
          messageType: [{ name: 'Holder', extension: [extensionOfBase('nested', 150)] }],
          extension: [extensionOfBase('late', 120)],
        },
      ],
    }),
  ),
);

function extensionOfBase(name: string, number: number) {
  const label = FieldDescriptorProto_Label.OPTIONAL;
  return { name, number, label, type: FieldDescriptorProto_Type.STRING, extendee: '.sample.Base' };
}

function fileNames(encoded: readonly Uint8Array[]): string[] {
  return encoded.map((bytes) => decoded(bytes).name);
}

function decoded(bytes: Uint8Array): FileDescriptorProto {
  return fromBinary(FileDescriptorProtoSchema, bytes);
}

function encodedFile(index: ReflectionIndex, name: string, sent = new Set<string>()): Uint8Array[] {
  const file = index.fileNamed(name);
  if (file === undefined) throw new Error(`${name} is not in the image`);
  return index.encodedWithImports(file, sent);
}

describe('ReflectionIndex', () => {
  test('lists the services of the contract, of health and of reflection', () => {
    expect(contract.services).toEqual([
      'grpc.health.v1.Health',
      'grpc.reflection.v1.ServerReflection',
      'grpc.reflection.v1alpha.ServerReflection',
      'parley.v1.AttachmentService',
      'parley.v1.AuthService',
      'parley.v1.ChatService',
      'parley.v1.FriendService',
      'parley.v1.GroupService',
      'parley.v1.HistoryService',
    ]);
  });

  test.each([
    ['service', 'parley.v1.ChatService', 'parley/v1/chat_service.proto'],
    ['method', 'parley.v1.ChatService.Chat', 'parley/v1/chat_service.proto'],
    ['message', 'parley.v1.Message', 'parley/v1/message.proto'],
    ['field', 'parley.v1.Message.sender_id', 'parley/v1/message.proto'],
    ['oneof', 'parley.v1.ChatRequest.frame', 'parley/v1/chat_service.proto'],
    ['nested message', 'google.rpc.BadRequest.FieldViolation', 'google/rpc/error_details.proto'],
    ['enum', 'parley.v1.GroupRole', 'parley/v1/group.proto'],
    ['enum value', 'parley.v1.GROUP_ROLE_OWNER', 'parley/v1/group.proto'],
    ['value of a nested enum', 'grpc.health.v1.HealthCheckResponse.SERVING', 'health/v1/health.proto'],
    ['well-known type', 'google.protobuf.Timestamp', 'google/protobuf/timestamp.proto'],
  ])('finds the file of a %s', (_kind, symbol, file) => {
    expect(contract.fileOfSymbol(symbol)?.proto.name).toBe(file);
  });

  test.each(['parley.v1', 'parley.v1.Nothing', 'Message', 'parley.v1.GroupRole.GROUP_ROLE_OWNER', ''])(
    'knows no symbol %j',
    (symbol) => {
      expect(contract.fileOfSymbol(symbol)).toBeUndefined();
    },
  );

  test('gives the file asked for first, then all that it needs', () => {
    const names = fileNames(encodedFile(contract, 'parley/v1/chat_service.proto'));

    expect(names[0]).toBe('parley/v1/chat_service.proto');
    expect([...names].sort()).toEqual([
      'google/protobuf/any.proto',
      'google/protobuf/duration.proto',
      'google/protobuf/timestamp.proto',
      'google/rpc/status.proto',
      'parley/v1/account.proto',
      'parley/v1/attachment.proto',
      'parley/v1/chat.proto',
      'parley/v1/chat_service.proto',
      'parley/v1/group.proto',
      'parley/v1/message.proto',
      'parley/v1/presence.proto',
    ]);
  });

  test('gives an import once a stream, and what is asked for always', () => {
    const sent = new Set<string>();
    encodedFile(contract, 'parley/v1/message.proto', sent);

    expect(fileNames(encodedFile(contract, 'parley/v1/message.proto', sent))).toEqual(['parley/v1/message.proto']);
    expect(fileNames(encodedFile(contract, 'parley/v1/group_service.proto', sent))).toEqual([
      'parley/v1/group_service.proto',
      'google/protobuf/field_mask.proto',
    ]);
  });

  test('gives the comments too', () => {
    const [file] = encodedFile(contract, 'parley/v1/chat_service.proto');
    const comments = decoded(file ?? new Uint8Array()).sourceCodeInfo?.location.map((at) => at.leadingComments.trim());

    expect(comments).toContain('The long connection, and the same for one message at a time.');
  });

  test('finds extensions, by name and by number', () => {
    expect(extended.fileOfSymbol('sample.extra.late')?.proto.name).toBe('extra.proto');
    expect(extended.fileOfSymbol('sample.extra.Holder.nested')?.proto.name).toBe('extra.proto');
    expect(extended.fileOfExtension('sample.Base', 150)?.proto.name).toBe('extra.proto');
    expect(extended.fileOfExtension('sample.Base', 151)).toBeUndefined();
    expect(extended.fileOfExtension('sample.Nothing', 150)).toBeUndefined();
  });

  test('tells the numbers of extensions, none, and an unknown message apart', () => {
    expect(extended.extensionNumbers('sample.Base')).toEqual([120, 150]);
    expect(extended.extensionNumbers('sample.Plain')).toEqual([]);
    expect(extended.extensionNumbers('sample.Nothing')).toBeUndefined();
  });
});
