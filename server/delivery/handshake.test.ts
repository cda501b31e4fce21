import { describe, expect, test } from '@jest/globals';

import { DomainError } from '../lib/errors.ts';
import { Handshake, type Hello } from './handshake.ts';

const HELLO: Hello = { protocolVersion: 1, minProtocolVersion: 0, deviceName: '', hasCursors: false, logEpoch: '' };
const WITH_CURSORS: Hello = { ...HELLO, hasCursors: true, logEpoch: 'e1' };

function reasonOf(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    return error instanceof DomainError ? error.reason : String(error);
  }
}

describe('the handshake', () => {
  test.each([
    [1, 0, 1],
    [1, 1, 1],
    [7, 1, 1],
  ])('a client of versions up to %i, from %i, speaks version %i', (protocolVersion, minProtocolVersion, spoken) => {
    expect(new Handshake().hello({ ...HELLO, protocolVersion, minProtocolVersion })).toBe(spoken);
  });

  test.each([
    [9, 8],
    [2, 0],
    [0, 0],
  ])(
    'a client of versions up to %i, from %i, is refused and told what is spoken',
    (protocolVersion, minProtocolVersion) => {
      const hello = () => new Handshake().hello({ ...HELLO, protocolVersion, minProtocolVersion });
      expect(hello).toThrow(
        expect.objectContaining({
          reason: 'PROTOCOL_VERSION_UNSUPPORTED',
          metadata: { min_version: '1', max_version: '1' },
        }),
      );
    },
  );

  test('cursors come in pages, the later one of a conversation counts', () => {
    const handshake = new Handshake();
    handshake.hello(WITH_CURSORS);
    handshake.addCursors([{ conversationId: 1, seq: 5 }]);
    handshake.addCursors([
      { conversationId: 1, seq: 6 },
      { conversationId: 2, seq: 0 },
    ]);
    expect(handshake.done()).toEqual({
      logEpoch: 'e1',
      positions: new Map([
        [1, 6],
        [2, 0],
      ]),
    });
    expect(reasonOf(() => handshake.requireHello())).toBeUndefined();
  });

  test('a frame out of turn is refused', () => {
    const fresh = () => new Handshake();
    const greeted = () => {
      const handshake = new Handshake();
      handshake.hello(HELLO);
      return handshake;
    };
    const counting = () => {
      const handshake = new Handshake();
      handshake.hello(WITH_CURSORS);
      return handshake;
    };
    const outOfTurn = [
      () => fresh().requireHello(),
      () => fresh().addCursors([]),
      () => fresh().done(),
      () => greeted().hello(HELLO),
      () => greeted().addCursors([]),
      () => greeted().done(),
      () => counting().requireHello(),
      () => counting().hello(HELLO),
    ];
    expect(outOfTurn.map(reasonOf)).toEqual(outOfTurn.map(() => 'UNEXPECTED_FRAME'));
  });

  test('cursors need the epoch they belong to, and have a bound', () => {
    expect(reasonOf(() => new Handshake().hello({ ...HELLO, hasCursors: true }))).toBe('INVALID_FIELD');
    expect(reasonOf(() => new Handshake().hello({ ...HELLO, logEpoch: 'x'.repeat(65) }))).toBe('INVALID_FIELD');
    const handshake = new Handshake();
    handshake.hello(WITH_CURSORS);
    const positions = (from: number, count: number) =>
      Array.from({ length: count }, (_, index) => ({ conversationId: from + index, seq: 1 }));
    handshake.addCursors(positions(1, 100_000));
    expect(reasonOf(() => handshake.addCursors(positions(100_001, 1)))).toBe('INVALID_FIELD');
  });
});
