import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { systemClock } from '../../server/lib/clock.ts';
import { openStore } from '../../server/store/open-store.ts';
import { OutcomeUnknown, StoreUnavailable } from '../../server/store/seam/failures.ts';
import type { Store } from '../../server/store/seam/store.ts';
import { hastyClock, patientClock } from './clocks.ts';
import { everyMethod, methodNames } from './every-method.ts';
import { RestartableMariadb } from './restartable-mariadb.ts';
import { append, text, World } from './world.ts';

const PROMISED_MS = 5_000;

describe('when MariaDB is paused or killed', () => {
  let mariadb: RestartableMariadb;
  let store: Store;
  let world: World;

  beforeAll(async () => {
    mariadb = await RestartableMariadb.start();
    store = await openStore({ url: mariadb.url, migrate: true, clock: systemClock });
    world = new World(store);
  });
  afterAll(async () => {
    await store[Symbol.asyncDispose]();
    await mariadb[Symbol.asyncDispose]();
  });

  /** The store comes back without anybody's help. */
  async function recovered(): Promise<void> {
    const until = performance.now() + 10_000;
    for (;;) {
      try {
        return await store.ping();
      } catch (error) {
        if (performance.now() > until) throw error;
      }
    }
  }

  test('paused: every method fails as unavailable in time, and works again when it goes on', async () => {
    await Promise.all(Array.from({ length: 10 }, () => store.ping()));
    const methods = everyMethod(store);
    expect(Object.keys(methods).sort()).toEqual(methodNames(store).sort());
    await mariadb.pause();
    const started = performance.now();
    const failures = await Promise.all(
      Object.entries(methods).map(async ([name, call]) => {
        const error = await call().then(
          () => undefined,
          (reason: unknown) => reason,
        );
        return { name, error, late: performance.now() - started > PROMISED_MS };
      }),
    );
    mariadb.resume();
    for (const failure of failures) {
      expect(failure).toEqual({ name: failure.name, error: expect.any(StoreUnavailable), late: false });
    }
    await recovered();
    const { a, id } = await world.direct();
    await world.say(id, a.id, text('again'));
    expect(await world.visible(a.id, id)).toEqual([1]);
  });

  test('paused while it commits: the outcome is unknown', async () => {
    const { a, id } = await world.direct();
    await using hasty = await openStore({ url: mariadb.url, migrate: false, clock: hastyClock });
    for (const repeatable of [false, true]) {
      const committing = hasty.transact(
        async (tx) => {
          await append(tx, id, a.id, [text('?')]);
          await mariadb.pause();
        },
        { repeatable },
      );
      await expect(committing).rejects.toThrow(OutcomeUnknown);
      mariadb.resume();
      await recovered();
    }
  });

  test('killed in the middle of a transaction: nothing of it is stored', async () => {
    const { a, id } = await world.direct();
    await world.say(id, a.id, text('kept'));
    const started = performance.now();
    const killed = store.transact(async (tx) => {
      await append(tx, id, a.id, [text('lost')]);
      await mariadb.kill();
    });
    await expect(killed).rejects.toThrow(StoreUnavailable);
    expect(performance.now() - started).toBeLessThan(PROMISED_MS);
    await mariadb.start();
    await recovered();
    expect(await world.visible(a.id, id)).toEqual([1]);
  });

  test('restarted in the middle of a transaction: it is run again, and stored once', async () => {
    const { a, id } = await world.direct();
    await using patient = await openStore({ url: mariadb.url, migrate: false, clock: patientClock });
    let runs = 0;
    await patient.transact(async (tx) => {
      await append(tx, id, a.id, [text('first')]);
      if (++runs === 1) {
        await mariadb.kill();
        await mariadb.start();
      }
      await append(tx, id, a.id, [text('second')]);
    });
    expect(runs).toBe(2);
    await recovered();
    expect(await world.visible(a.id, id)).toEqual([1, 2]);
  });

  test('a transaction that does not end is given up, and its locks with it', async () => {
    const { a, id } = await world.direct();
    await using hasty = await openStore({ url: mariadb.url, migrate: false, clock: hastyClock });
    const never = Promise.withResolvers<never>();
    const stuck = hasty.transact(async (tx) => {
      await append(tx, id, a.id, [text('never')]);
      await never.promise;
    });
    await expect(stuck).rejects.toThrow(StoreUnavailable);
    // Well before the server would end it: this waits for the lock for 2 s at most.
    await world.say(id, a.id, text('next'));
    expect(await world.visible(a.id, id)).toEqual([1]);
  });

  test('the server itself ends a transaction whose replica has stopped', async () => {
    const { a, id } = await world.direct();
    await using stopped = await openStore({ url: mariadb.url, migrate: false, clock: patientClock });
    const locked = Promise.withResolvers<void>();
    const never = Promise.withResolvers<void>();
    const abandoned = stopped.transact(async (tx) => {
      await append(tx, id, a.id, [text('abandoned')]);
      locked.resolve();
      await never.promise;
    });
    await locked.promise;
    const started = performance.now();
    for (;;) {
      const sent = await world.say(id, a.id, text('next')).catch(() => undefined);
      if (sent !== undefined) break;
      expect(performance.now() - started).toBeLessThan(9_000);
      await delay(50);
    }
    expect(await world.visible(a.id, id)).toEqual([1]);
    // It finds that its transaction is over, and runs again.
    never.resolve();
    await abandoned;
    expect(await world.visible(a.id, id)).toEqual([1, 2]);
  });
});
