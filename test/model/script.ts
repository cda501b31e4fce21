import * as fc from 'fast-check';

/** How a message goes: on the stream, by a call of its own, or on a stream that is broken off before the result. */
export type Way = 'stream' | 'call' | 'cut';

/** Something that a device does. What it is about is drawn as numbers, chosen when its turn comes. */
export type Act =
  | { readonly does: 'send'; readonly to: number; readonly count: number; readonly way: Way }
  | { readonly does: 'send again'; readonly which: number; readonly changed: boolean; readonly way: Way }
  | { readonly does: 'connect'; readonly keeps: boolean; readonly blinks: boolean }
  | { readonly does: 'cut' }
  | { readonly does: 'ack'; readonly place: number }
  | { readonly does: 'recall' | 'edit' | 'react'; readonly which: number }
  | { readonly does: 'join' | 'leave' }
  | { readonly does: 'remove' | 'invite' | 'block' | 'unblock'; readonly whom: number }
  | { readonly does: 'read'; readonly place: number }
  | { readonly does: 'wait'; readonly ms: number };

const way = fc.constantFrom<Way>('stream', 'stream', 'stream', 'call', 'cut');
const some = fc.nat();

function act<A extends Act>(fields: { [K in keyof A]: fc.Arbitrary<A[K]> }): fc.Arbitrary<Act> {
  return fc.record(fields, { noNullPrototype: true }) as fc.Arbitrary<Act>;
}

const does = <const D extends Act['does']>(...names: D[]) => fc.constantFrom(...names);

const acts = fc.oneof(
  { weight: 8, arbitrary: act({ does: does('send'), to: some, count: fc.integer({ min: 1, max: 3 }), way }) },
  {
    weight: 3,
    arbitrary: act({ does: does('send again'), which: some, changed: fc.constantFrom(false, false, true), way }),
  },
  {
    weight: 4,
    arbitrary: act({ does: does('connect'), keeps: fc.boolean(), blinks: fc.constantFrom(false, false, true) }),
  },
  { weight: 1, arbitrary: act({ does: does('cut') }) },
  { weight: 4, arbitrary: act({ does: does('ack'), place: some }) },
  { weight: 4, arbitrary: act({ does: does('recall', 'edit', 'react'), which: some }) },
  { weight: 5, arbitrary: act({ does: does('join', 'join', 'leave', 'leave') }) },
  { weight: 2, arbitrary: act({ does: does('remove', 'invite'), whom: some }) },
  { weight: 3, arbitrary: act({ does: does('block', 'block', 'unblock'), whom: some }) },
  { weight: 3, arbitrary: act({ does: does('read'), place: some }) },
  { weight: 3, arbitrary: act({ does: does('wait'), ms: fc.integer({ min: 0, max: 8 }) }) },
);

/** What each of some devices does, one act after the other. */
export function scripts(devices: number, maxActs: number): fc.Arbitrary<Act[][]> {
  const script = fc.array(acts, { maxLength: maxActs, size: 'max' });
  return fc.array(script, { minLength: devices, maxLength: devices });
}
