import { expect, test } from '@jest/globals';

import type { ReplicaRecord } from '../cluster/registry.ts';
import { resolveAddress } from './address.ts';
import { resolveRecords } from './resolve-records.ts';

const FINE: ReplicaRecord = {
  ...{ replica: 'a', incarnation: 'i', address: '10.0.0.1:1', weight: 1_000, version: '1' },
  ...{ state: 'serving', streams: 0, sent: 0, delivered: 0 },
};

test.each<[string, object]>([
  ['an address that is none', { address: '10.0.0.1:1; }' }],
  ['a weight of nothing', { weight: 0 }],
  ['a weight too large', { weight: 1_001 }],
  ['a fraction of a weight', { weight: 0.5 }],
  ['a text for a weight', { weight: '1; }' }],
])('%s is refused, and the others are not', async (_what, wrong) => {
  const bad = { ...FINE, ...wrong };
  const { usable, refused } = await resolveRecords([bad, FINE], resolveAddress);
  expect(usable).toEqual([FINE]);
  expect(refused).toEqual([{ record: bad, cause: expect.any(RangeError) }]);
});
