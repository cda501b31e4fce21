import { beforeEach, describe, expect, test } from '@jest/globals';
import { ManualClock } from '../../test/domain/manual-clock.ts';
import { AckBatcher } from './ack-batcher.ts';
import type { Position } from './types.ts';

describe('AckBatcher', () => {
  let clock: ManualClock;
  let acks: AckBatcher;
  let frames: Position[][];
  const write = (positions: readonly Position[]): void => void frames.push([...positions]);
  const at = (conversationId: number, seq: number): Position => ({ conversationId, seq });

  beforeEach(() => {
    clock = new ManualClock();
    frames = [];
    acks = new AckBatcher({ clock, delayMs: 100, maxMarks: 5 });
  });

  test('writes the last mark of each conversation, once, after the delay', () => {
    acks.attach(write, 1_000);
    acks.mark(at(1, 1));
    acks.mark(at(1, 2));
    acks.mark(at(2, 7));
    clock.advance(99);
    expect(frames).toEqual([]);
    clock.advance(1_000);
    expect(frames).toEqual([[at(1, 2), at(2, 7)]]);
  });

  test('does not wait once there are many', () => {
    acks.attach(write, 1_000);
    for (let seq = 1; seq <= 5; seq += 1) acks.mark(at(1, seq));
    expect(frames).toEqual([[at(1, 5)]]);
  });

  test('never goes back, and splits what is too much for a frame', () => {
    acks.attach(write, 2);
    for (const conversationId of [1, 2, 3]) acks.mark(at(conversationId, 9));
    acks.flush();
    acks.mark(at(1, 8));
    acks.flush();
    expect(frames).toEqual([[at(1, 9), at(2, 9)], [at(3, 9)]]);
  });

  test('keeps marks over a lost stream, and repeats those of its last seconds', () => {
    acks.attach(write, 1_000);
    acks.mark(at(1, 3));
    clock.advance(100);
    clock.advance(60_000);
    acks.mark(at(2, 4));
    clock.advance(100);
    acks.detach();
    acks.mark(at(3, 5));
    clock.advance(1_000);
    frames = [];
    acks.attach(write, 1_000);
    expect(frames.flat().sort((a, b) => a.conversationId - b.conversationId)).toEqual([at(2, 4), at(3, 5)]);
  });

  test('forgets a conversation whose log was replaced', () => {
    acks.mark(at(1, 30));
    acks.forget(1);
    acks.attach(write, 1_000);
    acks.mark(at(1, 2));
    acks.flush();
    expect(frames).toEqual([[at(1, 2)]]);
  });
});
