import { configureTextEncoding } from '@bufbuild/protobuf/wire';
import type { ServiceDefinition } from '@grpc/grpc-js';

import { type DomainError, invalidField } from '../lib/errors.ts';

// A text keeps the mark of byte order that it begins with.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

// Invalid UTF-8 would silently become U+FFFD otherwise.
configureTextEncoding({
  encodeUtf8: (text) => encoder.encode(text),
  decodeUtf8: (bytes) => decoder.decode(bytes),
  checkUtf8: (text) => text.isWellFormed(),
});

/** What stands in for a request whose bytes are not one. */
const MALFORMED = Symbol('malformed request');

/** The service, with bytes that can't be decoded given to its handlers instead of ending the call as INTERNAL. */
export function tolerant(definition: ServiceDefinition): ServiceDefinition {
  return Object.fromEntries(
    Object.entries(definition).map(([name, method]) => {
      const requestDeserialize = (bytes: Buffer): unknown => {
        try {
          return method.requestDeserialize(bytes);
        } catch {
          return MALFORMED;
        }
      };
      return [name, { ...method, requestDeserialize }];
    }),
  );
}

/** @throws DomainError INVALID_FIELD where the request's bytes were not one */
export function checkDecoded(request: unknown): void {
  if (request === MALFORMED) throw invalidRequest('request');
}

export function invalidRequest(field: string): DomainError {
  return invalidField(field, 'a message of the contract, with text in valid UTF-8');
}
