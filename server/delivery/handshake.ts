import { DomainError, invalidField } from '../lib/errors.ts';
import type { ClientCursors } from './starting-places.ts';

/** The protocol versions that this server speaks. */
export const PROTOCOL_VERSIONS = { min: 1, max: 1 } as const;

/** Cursors that one client may declare. */
const MAX_CURSORS = 100_000;
const MAX_EPOCH_CHARACTERS = 64;

export interface Hello {
  readonly protocolVersion: number;
  readonly minProtocolVersion: number;
  readonly deviceName: string;
  readonly hasCursors: boolean;
  readonly logEpoch: string;
}

/** The first frames of a stream, in their order. */
export class Handshake {
  #state: 'opened' | 'cursors' | 'done' = 'opened';
  #logEpoch = '';
  #positions = new Map<number, number>();

  /** The version that both sides speak. @throws DomainError UNEXPECTED_FRAME, PROTOCOL_VERSION_UNSUPPORTED, INVALID_FIELD */
  hello(hello: Hello): number {
    if (this.#state !== 'opened') throw unexpected('hello comes once');
    if (hello.logEpoch.length > MAX_EPOCH_CHARACTERS || (hello.hasCursors && hello.logEpoch === '')) {
      throw invalidField('hello.log_epoch', `is needed with has_cursors; at most ${MAX_EPOCH_CHARACTERS} characters`);
    }
    const version = negotiate(hello.minProtocolVersion || hello.protocolVersion, hello.protocolVersion);
    this.#state = hello.hasCursors ? 'cursors' : 'done';
    this.#logEpoch = hello.logEpoch;
    return version;
  }

  addCursors(positions: readonly { readonly conversationId: number; readonly seq: number }[]): void {
    if (this.#state !== 'cursors') throw unexpected('hello_cursors come after a hello with has_cursors');
    for (const { conversationId, seq } of positions) this.#positions.set(conversationId, seq);
    if (this.#positions.size > MAX_CURSORS)
      throw invalidField('hello_cursors.positions', `at most ${MAX_CURSORS} in all`);
  }

  done(): ClientCursors {
    if (this.#state !== 'cursors') throw unexpected('hello_done comes after a hello with has_cursors');
    this.#state = 'done';
    const positions = this.#positions;
    // The stream lives on for days; what it began with is not kept.
    this.#positions = new Map();
    return { logEpoch: this.#logEpoch, positions };
  }

  /** @throws DomainError UNEXPECTED_FRAME */
  requireHello(): void {
    if (this.#state === 'opened') throw unexpected('hello comes first');
    if (this.#state === 'cursors') throw unexpected('hello_done comes before anything else');
  }
}

function negotiate(clientMin: number, clientMax: number): number {
  const version = Math.min(clientMax, PROTOCOL_VERSIONS.max);
  if (version >= clientMin && version >= PROTOCOL_VERSIONS.min) return version;
  throw new DomainError(
    'PROTOCOL_VERSION_UNSUPPORTED',
    `the client speaks versions ${clientMin} to ${clientMax}, the server ${PROTOCOL_VERSIONS.min} to ${PROTOCOL_VERSIONS.max}`,
    { metadata: { min_version: String(PROTOCOL_VERSIONS.min), max_version: String(PROTOCOL_VERSIONS.max) } },
  );
}

function unexpected(text: string): DomainError {
  return new DomainError('UNEXPECTED_FRAME', text);
}
