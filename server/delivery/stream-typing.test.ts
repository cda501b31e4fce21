import { beforeEach, describe, expect, test } from '@jest/globals';

import { silentEvents } from '../../test/domain/domain.ts';
import { ManualClock } from '../../test/domain/manual-clock.ts';
import { until } from '../../test/domain/until.ts';
import type { DomainError } from '../lib/errors.ts';
import type { Typing } from '../messages/typing.ts';
import { notAMember } from '../messages/write-permissions.ts';
import { StoreUnavailable } from '../store/seam/failures.ts';
import type { Target } from '../store/seam/records.ts';
import { StreamTyping } from './stream-typing.ts';

const ME = 1;
const user = (userId: number): Target => ({ kind: 'user', userId });

describe('the typing frames of a stream', () => {
  let clock: ManualClock;
  /** Frames whose telling is under way, each in the hands of the test. */
  let telling: { readonly userId: number; readonly stopped: boolean; end: (error?: Error) => void }[];
  let refused: DomainError[];
  let stream: StreamTyping;

  beforeEach(() => {
    clock = new ManualClock();
    telling = [];
    refused = [];
    const tell: Typing['tell'] = (_userId, target, stopped) =>
      new Promise((resolve, reject) => {
        const userId = target.kind === 'user' ? target.userId : 0;
        telling.push({ userId, stopped, end: (error) => (error ? reject(error) : resolve()) });
      });
    const parts = { typing: { tell } as Typing, clock, events: silentEvents };
    stream = new StreamTyping(ME, parts, (error) => refused.push(error));
  });

  const told = () => telling.map(({ userId, stopped }) => [userId, stopped]);

  test('are told one after the other, in their order', async () => {
    stream.take(user(2), false);
    stream.take(user(2), true);
    await until(() => telling.length === 1);
    telling[0]!.end();
    await until(() => telling.length === 2);
    expect(told()).toEqual([
      [2, false],
      [2, true],
    ]);
  });

  test('that wait for a slow database are few', async () => {
    for (let n = 2; n < 100; n += 1) {
      stream.take(user(n), false);
      clock.advance(1_000);
    }
    for (let n = 0; n < 5; n += 1) {
      await until(() => telling.length > n);
      telling[n]!.end();
    }
    await new Promise<void>((resolve) => setImmediate(resolve));
    expect(told().map(([userId]) => userId)).toEqual([2, 3, 4, 5, 6]);
  });

  test('that are refused are answered, those that the database fails are lost, and it goes on', async () => {
    for (const n of [2, 3, 4, 5]) stream.take(user(n), false);
    const ends = [notAMember(), new StoreUnavailable('down'), new TypeError('a fault'), undefined];
    for (const [n, end] of ends.entries()) {
      await until(() => telling.length > n);
      telling[n]!.end(end);
    }
    expect(refused).toEqual([ends[0]]);
  });
});
