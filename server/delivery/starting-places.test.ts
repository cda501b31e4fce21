import { describe, expect, test } from '@jest/globals';

import type { Standing } from '../store/seam/records.ts';
import { startingPlaces } from './starting-places.ts';

const EPOCH = 'now';

function standing(id: number, parts: Partial<Standing> = {}): Standing {
  return {
    facts: { id, kind: 'group', groupId: id },
    lastSeq: 20,
    membersVersion: 1,
    deliveredSeq: 10,
    visibleTo: null,
    ...parts,
  };
}

function placeOf(of: Standing, cursors: { logEpoch: string; positions: Map<number, number> } | null) {
  const [place] = startingPlaces([of], cursors, EPOCH);
  return { position: place?.position, declared: place?.declared, reset: place?.reset };
}

describe('a stream starts', () => {
  test('at the server’s cursor without one of its own', () => {
    expect(placeOf(standing(1), null)).toEqual({ position: 10, declared: 0, reset: false });
    const others = { logEpoch: EPOCH, positions: new Map([[2, 3]]) };
    expect(placeOf(standing(1), others)).toEqual({ position: 10, declared: 0, reset: false });
  });

  test.each([0, 5, 15, 20])('at its own cursor %i, before or after the server’s', (seq) => {
    const cursors = { logEpoch: EPOCH, positions: new Map([[1, seq]]) };
    expect(placeOf(standing(1), cursors)).toEqual({ position: seq, declared: seq, reset: false });
  });

  test('at the server’s cursor, and is told so, with a cursor beyond the log', () => {
    const cursors = { logEpoch: EPOCH, positions: new Map([[1, 21]]) };
    expect(placeOf(standing(1), cursors)).toEqual({ position: 10, declared: 0, reset: true });
  });

  test('at the server’s cursor, and is told so, with a cursor of another epoch', () => {
    const cursors = { logEpoch: 'before', positions: new Map([[1, 5]]) };
    expect(placeOf(standing(1), cursors)).toEqual({ position: 10, declared: 0, reset: true });
  });

  test.each([16, 20, 99])('at their last entry, with a cursor %i beyond it, once they have left', (seq) => {
    const cursors = { logEpoch: EPOCH, positions: new Map([[1, seq]]) };
    const left = standing(1, { deliveredSeq: 15, visibleTo: 15 });
    expect(placeOf(left, cursors)).toEqual({ position: 15, declared: 15, reset: false });
  });

  test('never beyond the log, after a restore', () => {
    expect(placeOf(standing(1, { lastSeq: 4 }), null)).toEqual({ position: 4, declared: 0, reset: false });
  });
});
