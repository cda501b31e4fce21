import { expect, test } from '@jest/globals';
import { systemClock } from '../../server/lib/clock.ts';
import { openStore } from '../../server/store/open-store.ts';
import { createDatabase } from '../setup/mariadb.ts';
import { text, World } from './world.ts';

// An optimizer scans a table of a few rows, and a scan stops at every lock on its way.
test('in a table of a few conversations, a lock does not wait for those that nobody asked for', async () => {
  await using store = await openStore({ url: await createDatabase(), migrate: true, clock: systemClock });
  const world = new World(store);
  const directs = [];
  for (let n = 0; n < 6; n++) directs.push(await world.direct());
  const [held, ...others] = directs as [(typeof directs)[number], ...typeof directs];
  const locked = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const holding = store.transact(async (tx) => {
    await tx.log.lock([held.id], 'wait');
    locked.resolve();
    await release.promise;
  });
  await locked.promise;
  const ids = others.map((direct) => direct.id);
  for (const lock of ['wait', 'skip'] as const) {
    expect((await store.transact((tx) => tx.log.lock(ids, lock))).map((head) => head.id)).toEqual(ids);
  }
  for (const { a, id } of others) await world.say(id, a.id, text('not held up'));
  release.resolve();
  await holding;
});
