import { beforeEach, describe, expect, test } from '@jest/globals';
import { ManualClock } from '../../test/domain/manual-clock.ts';
import { Heartbeat } from './heartbeat.ts';

describe('Heartbeat', () => {
  let clock: ManualClock;
  let pingsAtMs: number[];
  let silentAtMs: number[];
  let heartbeat: Heartbeat;

  beforeEach(() => {
    clock = new ManualClock();
    pingsAtMs = [];
    silentAtMs = [];
    heartbeat = new Heartbeat({
      clock,
      intervalMs: 1_000,
      misses: 3,
      ping: () => pingsAtMs.push(clock.monotonic()),
      onSilence: () => silentAtMs.push(clock.monotonic()),
    });
  });

  test('pings after each interval without a frame, as long as the other side answers', () => {
    for (let second = 0; second < 10; second += 1) {
      clock.advance(1_000);
      heartbeat.received();
    }
    expect(pingsAtMs).toHaveLength(10);
    expect(silentAtMs).toEqual([]);
  });

  test('does not ping while frames go both ways', () => {
    for (let step = 0; step < 20; step += 1) {
      clock.advance(400);
      heartbeat.sent();
      heartbeat.received();
    }
    expect(pingsAtMs).toEqual([]);
  });

  test('asks for a sign of life where only this side talks', () => {
    for (let step = 0; step < 3; step += 1) {
      clock.advance(600);
      heartbeat.sent();
    }
    clock.advance(600);
    expect(pingsAtMs.length).toBeGreaterThan(0);
  });

  test('gives up after the misses allowed, once', () => {
    clock.advance(20_000);
    expect(silentAtMs).toHaveLength(1);
    expect(silentAtMs[0]).toBeGreaterThanOrEqual(3_000);
    expect(silentAtMs[0]).toBeLessThanOrEqual(3_500);
    expect(clock.timers).toBe(0);
  });

  test('does not take for silence what is held back, but keeps pinging', () => {
    heartbeat.setListening(false);
    clock.advance(10_000);
    expect(silentAtMs).toEqual([]);
    expect(pingsAtMs.length).toBeGreaterThanOrEqual(9);
    heartbeat.setListening(true);
    clock.advance(2_500);
    expect(silentAtMs).toEqual([]);
    clock.advance(1_500);
    expect(silentAtMs).toHaveLength(1);
  });

  test('does nothing after it was stopped', () => {
    heartbeat.stop();
    clock.advance(10_000);
    expect([pingsAtMs, silentAtMs]).toEqual([[], []]);
  });
});
