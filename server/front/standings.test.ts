import { describe, expect, test } from '@jest/globals';

import type { ReplicaRecord } from '../cluster/registry.ts';
import type { Verdict } from './probe.ts';
import { inService, type Standing, type Upstream, whyOut, withRecords, withVerdict } from './standings.ts';

const A = '10.0.0.1:50051';
const B = '10.0.0.2:50051';

function record(address: string, more: Partial<ReplicaRecord> = {}): ReplicaRecord {
  return {
    ...{ replica: `at ${address}`, incarnation: 'i', address, weight: 1, version: '1' },
    ...{ state: 'serving', streams: 0, sent: 0, delivered: 0, ...more },
  };
}

/** What is known after these checks of one address, one after the other. */
function checked(standings: readonly Standing[], address: string, ...verdicts: readonly Verdict[]): Standing[] {
  return verdicts.reduce<Standing[]>((known, verdict) => withVerdict(known, address, verdict), [...standings]);
}

function addresses(upstreams: readonly Upstream[]): string[] {
  return upstreams.map(({ address }) => address);
}

/** Both listed and serving. */
const BOTH = checked(checked(withRecords([], [record(B), record(A)], 0), A, 'serving'), B, 'serving');
const BOTH_IN = inService(BOTH, []);

describe('who takes new streams', () => {
  test('those that are listed and serve, by address', () => {
    expect(BOTH_IN).toEqual([
      { replica: `at ${A}`, address: A, weight: 1 },
      { replica: `at ${B}`, address: B, weight: 1 },
    ]);
  });

  test('nobody before the first check, and nobody who is not listed', () => {
    const listed = withRecords([], [record(A)], 0);
    expect(inService(listed, [])).toEqual([]);
    expect(inService(checked(listed, B, 'serving'), [])).toEqual([]);
  });

  test.each<[string, Verdict[], boolean]>([
    ['one failure', ['failed'], true],
    ['two failures in a row', ['failed', 'failed'], false],
    ['two failures, not in a row', ['failed', 'serving', 'failed'], true],
    ['one success after failures', ['failed', 'failed', 'failed', 'serving'], true],
    ['a failure after a success after failures', ['failed', 'failed', 'serving', 'failed'], true],
    ['one answer that it does not serve', ['not-serving'], false],
    ['a failure after that', ['not-serving', 'failed'], false],
  ])('after %s: %j → %s', (_what, verdicts, stays) => {
    expect(addresses(inService(checked(BOTH, A, ...verdicts), BOTH_IN))).toEqual(stays ? [A, B] : [B]);
  });

  test('a replica that failed its first check needs a success', () => {
    const listed = withRecords(BOTH, [record(A), record(B), record('10.0.0.3:1')], 0);
    expect(addresses(inService(checked(listed, '10.0.0.3:1', 'failed'), BOTH_IN))).toEqual([A, B]);
  });

  test('not one that drains, though it still says that it serves', () => {
    const draining = withRecords(BOTH, [record(A, { state: 'draining' }), record(B)], 1);
    expect(addresses(inService(draining, BOTH_IN))).toEqual([B]);
  });

  test('one that was started anew, while the run before it is still listed as draining', () => {
    const runs = [record(A, { incarnation: 'new' }), record(A, { incarnation: 'old', state: 'draining' })];
    for (const order of [runs, runs.toReversed()]) {
      expect(addresses(inService(withRecords(BOTH, [...order, record(B)], 1), []))).toEqual([A, B]);
    }
  });

  test('with the weight that is registered now', () => {
    const heavier = withRecords(BOTH, [record(A, { weight: 7 }), record(B)], 1);
    expect(inService(heavier, BOTH_IN)).toMatchObject([{ weight: 7 }, { weight: 1 }]);
  });

  test('the last ones stay, until another one can serve', () => {
    const failed = checked(checked(BOTH, A, 'failed', 'failed'), B, 'failed', 'failed');
    expect(inService(failed, BOTH_IN)).toBe(BOTH_IN);
    expect(inService(withRecords(failed, [], 1), BOTH_IN)).toBe(BOTH_IN);
    expect(addresses(inService(checked(failed, B, 'serving'), BOTH_IN))).toEqual([B]);
  });
});

describe('who is not in the registry any more', () => {
  test('is gone at once, where the health check fails as well', () => {
    const standings = withRecords(checked(BOTH, A, 'failed'), [record(B)], 1);
    expect(addresses(standings)).toEqual([B]);
  });

  test('has 15 s where it goes on serving', () => {
    const missed = withRecords(BOTH, [record(B)], 14_999);
    expect(addresses(inService(missed, BOTH_IN))).toEqual([A, B]);
    expect(addresses(withRecords(missed, [record(B)], 15_000))).toEqual([B]);
    const again = withRecords(withRecords(missed, [record(A), record(B)], 14_999), [record(B)], 29_998);
    expect(addresses(again)).toEqual([A, B]);
  });
});

test.each([
  [undefined, 'gone from the registry'],
  [checked(BOTH, A, 'failed', 'failed')[0], 'fails its health checks'],
  [checked(BOTH, A, 'not-serving')[0], 'not serving'],
  [withRecords(BOTH, [record(A, { state: 'draining' })], 1)[0], 'draining'],
])('why: %#', (standing, why) => {
  expect(whyOut(standing)).toBe(why);
});
