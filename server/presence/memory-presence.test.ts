import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { openMemoryStore, silentEvents } from '../../test/domain/domain.ts';
import { EPOCH_MS, ManualClock } from '../../test/domain/manual-clock.ts';
import type { Store } from '../store/seam/store.ts';
import { MemoryPresence } from './memory-presence.ts';

describe('presence', () => {
  let store: Store;
  let clock: ManualClock;
  let presence: MemoryPresence;
  let userId: number;

  beforeEach(async () => {
    store = await openMemoryStore();
    clock = new ManualClock();
    presence = start('first');
    const user = { name: 'ann', foldedName: 'ann', passwordHash: '-', createdAt: 0 };
    userId = (await store.accounts.insert(user)).id;
  });

  afterEach(async () => {
    await store[Symbol.asyncDispose]();
  });

  function start(incarnation: string): MemoryPresence {
    return new MemoryPresence({ store: store.presence, clock, events: silentEvents }, { replica: 'here', incarnation });
  }

  const stateOf = async (of = presence) => (await of.states([userId])).get(userId);

  test('a user is online as long as one stream is open', async () => {
    expect(await stateOf()).toEqual({ online: false, lastSeenAt: null });
    presence.arrive(userId);
    presence.arrive(userId);
    presence.leave(userId);
    expect(await stateOf()).toEqual({ online: true, lastSeenAt: null });
    clock.advance(5_000);
    presence.leave(userId);
    expect(await stateOf()).toEqual({ online: false, lastSeenAt: EPOCH_MS + 5_000 });
  });

  test('what is disposed of is offline for those that come after', async () => {
    presence.arrive(userId);
    clock.advance(7_000);
    await presence[Symbol.asyncDispose]();
    expect(clock.timers).toBe(0);
    expect(await stateOf(start('second'))).toEqual({ online: false, lastSeenAt: EPOCH_MS + 7_000 });
    expect(await store.presence.expire(null, 'second', 0)).toBe(0);
  });

  test('what a crash left online is ended by the next run', async () => {
    presence.arrive(userId);
    clock.advance(500);
    while ((await store.presence.lastSeen([userId])).size === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(await store.presence.expire(null, 'second', EPOCH_MS + 9_000)).toBe(1);
    expect(await stateOf(start('second'))).toEqual({ online: false, lastSeenAt: EPOCH_MS + 9_000 });
  });
});
