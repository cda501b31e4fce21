import { expect, test } from '@jest/globals';
import { pino } from 'pino';

import { ManualClock } from '../../test/domain/manual-clock.ts';
import { BalancerEvents } from '../telemetry/balancer-events.ts';
import { FrontKeeper } from './front-keeper.ts';
import type { Shown } from './front.ts';
import type { Upstream } from './standings.ts';

const [A, B, C] = ['a:1', 'b:1', 'c:1'].map((address) => ({ replica: address, address, weight: 1 })) as [
  Upstream,
  Upstream,
  Upstream,
];

async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

function keeper(show: (upstreams: readonly Upstream[]) => Promise<Shown>) {
  const clock = new ManualClock();
  const lines: string[] = [];
  const events = new BalancerEvents(pino({}, { write: (line: string) => void lines.push(line) }));
  return { clock, lines, keeper: new FrontKeeper({ clock, events, fronts: [{ file: '/list', show }] }) };
}

test('changes come at most once a second, and the newest one comes', async () => {
  const shown: string[] = [];
  const { clock, keeper: kept } = keeper(async (upstreams) => {
    shown.push(upstreams.map(({ address }) => address).join());
    return 'reloaded';
  });
  kept.show([A]);
  kept.show([A, B]);
  await settled();
  clock.advance(999);
  kept.show([C]);
  await settled();
  expect(shown).toEqual(['a:1']);
  clock.advance(1);
  await settled();
  expect(shown).toEqual(['a:1', 'c:1']);
  await kept[Symbol.asyncDispose]();
  expect(clock.timers).toBe(0);
});

test('one change at a time', async () => {
  let under = 0;
  let most = 0;
  const gates: PromiseWithResolvers<void>[] = [];
  const { keeper: kept } = keeper(async () => {
    most = Math.max(most, (under += 1));
    const gate = Promise.withResolvers<void>();
    gates.push(gate);
    await gate.promise;
    under -= 1;
    return 'same';
  });
  kept.show([A]);
  kept.show([B]);
  await settled();
  kept.show([C]);
  gates[0]?.resolve();
  await settled();
  gates[1]?.resolve();
  await settled();
  expect({ most, calls: gates.length }).toEqual({ most: 1, calls: 2 });
});

test('that nginx does not run yet is told once', async () => {
  const { keeper: kept, lines } = keeper(async () => 'waiting');
  for (let time = 0; time < 3; time += 1) {
    kept.show([A]);
    await settled();
  }
  expect(lines).toEqual([expect.stringContaining('no nginx runs yet')]);
});
