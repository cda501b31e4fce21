import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Transform, type Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { DescFile } from '@bufbuild/protobuf';
import type { ServerDuplexStream, ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import type {
  ServerReflectionRequest,
  ServerReflectionResponse,
} from '../../proto/gen/grpc/reflection/v1/reflection.pb.ts';
import { ServerReflectionService as ReflectionV1 } from '../../proto/gen/grpc/reflection/v1/reflection.pb.ts';
import { ServerReflectionService as ReflectionV1Alpha } from '../../proto/gen/grpc/reflection/v1alpha/reflection.pb.ts';
import { ReflectionIndex } from './reflection-index.ts';

const IMAGE = 'proto/gen/descriptor.binpb';

type Answer = ServerReflectionResponse['messageResponse'];

/** A service and what implements it, for `Server.addService`. */
export interface ServedService {
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
}

/**
 * Server reflection over the descriptor image of the contract, in both versions that tools ask for: v1, and v1alpha,
 * which is the same on the wire.
 *
 * @param image A `FileDescriptorSet` with its imports. Default: the one that `npm run generate` made.
 */
export function reflectionServices(image: Uint8Array = readImage()): ServedService[] {
  const index = new ReflectionIndex(image);
  const serverReflectionInfo = (call: ServerDuplexStream<ServerReflectionRequest, ServerReflectionResponse>) => {
    // Piped, so that a peer that asks without reading is itself no longer read.
    // grpc-js types its stream as one that ends with metadata; as a target of a pipe it is any Writable.
    const answers = call as unknown as Writable;
    call.pipe(answering(index)).pipe(answers);
  };
  return [ReflectionV1, ReflectionV1Alpha].map((definition) => ({
    definition,
    implementation: { serverReflectionInfo },
  }));
}

/** Requests in, responses out, for one stream: a file is given as an import once only. */
function answering(index: ReflectionIndex): Transform {
  const sent = new Set<string>();
  return new Transform({
    objectMode: true,
    transform(request: ServerReflectionRequest, _encoding, done) {
      done(null, {
        validHost: request.host,
        originalRequest: request,
        messageResponse: answer(index, request.messageRequest, sent),
      } satisfies ServerReflectionResponse);
    },
  });
}

function answer(index: ReflectionIndex, request: ServerReflectionRequest['messageRequest'], sent: Set<string>): Answer {
  switch (request?.$case) {
    case 'listServices':
      return { $case: 'listServicesResponse', value: { service: index.services.map((name) => ({ name })) } };
    case 'fileByFilename':
      return fileAnswer(index, index.fileNamed(request.value), sent, `file ${request.value}`);
    case 'fileContainingSymbol':
      return fileAnswer(index, index.fileOfSymbol(request.value), sent, `symbol ${request.value}`);
    case 'fileContainingExtension': {
      const { containingType, extensionNumber } = request.value;
      const file = index.fileOfExtension(containingType, extensionNumber);
      return fileAnswer(index, file, sent, `extension ${extensionNumber} of ${containingType}`);
    }
    case 'allExtensionNumbersOfType': {
      const numbers = index.extensionNumbers(request.value);
      if (numbers === undefined) return notFound(`message ${request.value}`);
      const value = { baseTypeName: request.value, extensionNumber: numbers };
      return { $case: 'allExtensionNumbersResponse', value };
    }
    default:
      return failure(status.INVALID_ARGUMENT, 'message_request: set one of its fields');
  }
}

function fileAnswer(index: ReflectionIndex, file: DescFile | undefined, sent: Set<string>, what: string): Answer {
  if (file === undefined) return notFound(what);
  return { $case: 'fileDescriptorResponse', value: { fileDescriptorProto: index.encodedWithImports(file, sent) } };
}

function notFound(what: string): Answer {
  return failure(status.NOT_FOUND, `${what} not found`);
}

function failure(errorCode: number, errorMessage: string): Answer {
  return { $case: 'errorResponse', value: { errorCode, errorMessage } };
}

/** Looks upwards from here: both server/rpc and dist/server/rpc lie below the folder that has the image. */
function readImage(): Buffer {
  const here = dirname(fileURLToPath(import.meta.url));
  for (let folder = here; ; folder = dirname(folder)) {
    const file = join(folder, IMAGE);
    if (existsSync(file)) return readFileSync(file);
    if (folder === dirname(folder)) throw new Error(`${IMAGE} is in no folder above ${here}: run "npm run generate"`);
  }
}
