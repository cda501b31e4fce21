import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { silentEvents } from '../../test/domain/domain.ts';
import { ManualClock } from '../../test/domain/manual-clock.ts';
import { until } from '../../test/domain/until.ts';
import { MemoryRegistry } from '../cluster/memory-registry.ts';
import { RegistryUnavailable } from '../cluster/registry.ts';
import type { Roster } from '../cluster/roster.ts';
import type { PresenceStore } from '../store/seam/presence.ts';
import { SharedPresence } from './shared-presence.ts';

const ANN = 1;
const LEASE_MS = 10_000;

describe('what is told is looked up after what is so here is known to the others', () => {
  let steps: string[];
  let endWrite: ((error?: Error) => void) | undefined;
  let presence: SharedPresence;

  beforeEach(async () => {
    steps = [];
    endWrite = undefined;
    const clock = new ManualClock();
    const roster = {
      write: () => {
        steps.push('write');
        const { promise, resolve, reject } = Promise.withResolvers<void>();
        endWrite = (error) => (error === undefined ? resolve() : reject(error));
        return promise.then(() => void steps.push('written'));
      },
      standings: async () => {
        steps.push('read');
        return new Map();
      },
    } as Pick<Roster, 'write' | 'standings'> as Roster;
    const store = {
      lastSeen: async () => new Map<number, number>(),
      runsOf: async () => new Map<number, never>(),
      write: async () => undefined,
    } as Partial<PresenceStore> as PresenceStore;
    const run = { replica: 'here', incarnation: 'now' };
    const describe = () => ({
      replica: 'here',
      address: '',
      weight: 1,
      version: '',
      streams: 0,
      sent: 0,
      delivered: 0,
    });
    const lease = new MemoryRegistry(clock, { incarnation: 'now', describe });
    await lease.start();
    presence = new SharedPresence(
      { store, accounts: { hiddenPresence: async () => new Set() }, roster, lease, clock, events: silentEvents },
      { run, awayAfterMs: 3_600_000, leaseMs: LEASE_MS },
    );
  });

  afterEach(async () => {
    endWrite = undefined;
    const disposed = presence[Symbol.asyncDispose]();
    await until(() => endWrite !== undefined);
    endWrite!();
    await disposed;
  });

  test('so that of two replicas that change at once, one sees both', async () => {
    presence.arrive(ANN);
    const looking = presence.look([ANN]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(steps).toEqual(['write']);
    endWrite?.();
    expect((await looking).get(ANN)).toMatchObject({ state: { status: 'online' }, told: 'offline', here: 'online' });
    expect(steps).toEqual(['write', 'written', 'read']);
  });

  test('and not at all while they can’t be told', async () => {
    presence.arrive(ANN);
    endWrite?.(new RegistryUnavailable('away'));
    await new Promise((resolve) => setImmediate(resolve));
    const looking = presence.look([ANN]);
    await until(() => steps.length === 2);
    endWrite?.(new RegistryUnavailable('away'));
    await expect(looking).rejects.toThrow(RegistryUnavailable);
    expect(steps).toEqual(['write', 'write']);
    // How they are is known all the same.
    expect((await presence.states([ANN])).get(ANN)).toEqual({ status: 'online', lastSeenAt: null });
  });
});
