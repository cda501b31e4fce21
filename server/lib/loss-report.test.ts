import { expect, test } from '@jest/globals';

import { ManualClock } from '../../test/domain/manual-clock.ts';
import { LossReport } from './loss-report.ts';

test('losses are told at once, then together once a minute', () => {
  const clock = new ManualClock();
  const told: number[] = [];
  const report = new LossReport(clock, (lost) => told.push(lost));
  report.add(1);
  expect(told).toEqual([1]);
  for (let n = 0; n < 1_000; n++) report.add(2);
  clock.advance(59_999);
  report.add(1);
  expect(told).toEqual([1]);
  clock.advance(1);
  report.add(1);
  expect(told).toEqual([1, 2_002]);
});
