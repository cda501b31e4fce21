import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { eventually } from '../presence/eventually.ts';
import type { Lease, Registry, Renewal } from '../../server/cluster/registry.ts';

/** A replica's view of the registry, and its own place in it. */
export interface Member extends AsyncDisposable {
  readonly registry: Registry;
  readonly lease: Lease;
}

/** What the replica says of itself, but for its incarnation: the streams are counted up at each renewal. */
export const RECORD = { replica: 'r', address: '10.0.0.7:50051', weight: 3, version: '1.2.3', sent: 5, delivered: 6 };

export function registryConformance(
  name: string,
  open: (describe: () => { streams: number }) => Promise<Member>,
): void {
  describe(name, () => {
    let member: Member;
    let renewals: Renewal[];
    let streams: number;

    beforeEach(async () => {
      streams = 1;
      renewals = [];
      member = await open(() => ({ streams }));
      member.lease.onRenewed((renewal) => renewals.push(renewal));
    });

    afterEach(async () => {
      await member[Symbol.asyncDispose]();
    });

    test('a replica is listed from the start of its lease until it gives it up', async () => {
      const { registry, lease } = member;
      // It connects by itself.
      await eventually(async () => (await registry.replicas().catch(() => null))?.length === 0);
      expect(lease.heldForMs()).toBe(0);
      await lease.start();
      expect(renewals).toEqual(['new']);
      expect(await registry.replicas()).toEqual([
        { ...RECORD, incarnation: expect.any(String), state: 'serving', streams: 1 },
      ]);
      await lease[Symbol.asyncDispose]();
      expect(await registry.replicas()).toEqual([]);
    });

    test('a lease says that it drains, and what has changed, when it is renewed', async () => {
      const { registry, lease } = member;
      await lease.start();
      streams = 7;
      await lease.drain();
      expect(await registry.replicas()).toMatchObject([{ state: 'draining', streams: 7 }]);
    });

    test('a lease that is renewed is kept', async () => {
      const { lease } = member;
      await lease.start();
      const renewed = new Promise<Renewal>((resolve) => lease.onRenewed(resolve));
      lease.renewSoon();
      expect(await renewed).toBe('kept');
      expect(lease.heldForMs()).toBeGreaterThanOrEqual(0);
    });

    test('disposing twice does no harm', async () => {
      await member.lease.start();
      await member.lease[Symbol.asyncDispose]();
      await member.lease[Symbol.asyncDispose]();
      member.lease.renewSoon();
      expect(await member.registry.replicas()).toEqual([]);
    });
  });
}
