import { describe, expect, test } from '@jest/globals';

import { LiveRows } from '../../scripts/cluster/live-rows.ts';
import { readOptions } from '../../scripts/cluster/read-options.ts';
import { replicaRows } from '../../scripts/cluster/replica-rows.ts';
import type { ReplicaRecord } from '../../server/cluster/registry.ts';

describe('the options of npm run cluster', () => {
  test('three replicas on port 8080, without TLS and in a temporary folder, unless told', () => {
    const options = { weights: [2, 1, 1], folder: undefined, port: 8080, tls: false, help: false };
    expect(readOptions([])).toEqual(options);
  });

  test.each([
    [
      ['--replicas', '2'],
      [2, 1],
    ],
    [
      ['--replicas', '5'],
      [2, 1, 1, 1, 1],
    ],
    [
      ['--weights', '3,1'],
      [3, 1],
    ],
    [
      ['--weights', '3,1', '--replicas', '2'],
      [3, 1],
    ],
  ])('%j: weights %j', (args, weights) => {
    expect(readOptions(args).weights).toEqual(weights);
  });

  test.each([
    [['--replicas', '0'], '--replicas'],
    [['--replicas', '17'], '--replicas'],
    [['--replicas', '2x'], '--replicas'],
    [['--weights', '1,,1'], '--weights'],
    [['--weights', '1001'], '--weights'],
    [['--weights', '1,1', '--replicas', '3'], '--weights names 2 replicas, and --replicas 3'],
    [['--port', '65536'], '--port'],
    [['--prot', '1'], '--prot'],
    [['three'], 'three'],
  ])('%j is refused', (args, told) => {
    expect(() => readOptions(args)).toThrow(told);
  });
});

describe('a line for each replica', () => {
  const expected = [{ name: 'replica-1', address: '127.0.0.1:20001', weight: 2 }];
  const record: ReplicaRecord = {
    ...{ replica: 'replica-1', incarnation: 'one', address: '127.0.0.1:20001', weight: 2, version: '0.1.0' },
    ...{ state: 'serving', streams: 7, sent: 100, delivered: 1_000 },
  };
  const at = (atMs: number, changed: Partial<ReplicaRecord> = {}) => ({
    atMs,
    records: new Map([['replica-1', { ...record, ...changed }]]),
  });

  test('tells messages a second since it was last looked at', () => {
    const [row] = replicaRows(expected, at(2_500, { sent: 150, delivered: 1_500 }), at(500));
    expect(row).toMatch(/replica-1 .* weight 2 .* serving .* 7 streams .* 25 sent\/s .* 250 delivered\/s/);
  });

  test('tells no rate at first, nor of a run that has just begun', () => {
    expect(replicaRows(expected, at(2_500), undefined)[0]).toMatch(/– sent\/s/);
    expect(replicaRows(expected, at(2_500, { incarnation: 'two', sent: 3 }), at(500))[0]).toMatch(/– sent\/s/);
  });

  test('tells who is gone, and that nobody can tell', () => {
    expect(replicaRows(expected, { atMs: 0, records: new Map() }, at(0))[0]).toMatch(/ gone$/);
    expect(replicaRows(expected, { atMs: 0, records: undefined }, at(0))[0]).toMatch(/ unknown: /);
  });
});

test('away from a terminal only lines that are new are written', () => {
  let written = '';
  const rows = new LiveRows({ write: (text) => ((written += text), true) });
  rows.show(['one, at rest', 'two, at rest']);
  rows.show(['one, at rest', 'two, busy']);
  expect(written).toBe('one, at rest\ntwo, at rest\ntwo, busy\n');
});
