import { type Registry, RegistryUnavailable, type ReplicaRecord } from '../cluster/registry.ts';
import { type Clock, pause } from '../lib/clock.ts';
import type { BalancerParts } from './balancer.ts';
import { resolveRecords } from './resolve-records.ts';
import { inService, withRecords, withVerdict } from './standings.ts';

/** A connection to the registry takes a moment to be there. */
const TRIES = 5;
const BETWEEN_TRIES_MS = 500;

/**
 * Reads the registry, asks each replica once for its health, and brings what stands in front to that list.
 *
 * @throws RegistryUnavailable where nobody can tell, after 2 s and more; what stands in front is left alone then
 */
export async function balanceOnce({ registry, resolve, probe, fronts, clock, events }: BalancerParts): Promise<void> {
  const { usable, refused } = await resolveRecords(await readPatiently(registry, clock), resolve);
  for (const { record, cause } of refused) events.recordRefused(record, cause);
  let standings = withRecords([], usable, clock.monotonic());
  const verdicts = await Promise.all(standings.map(async ({ address }) => [address, await probe(address)] as const));
  for (const [address, verdict] of verdicts) standings = withVerdict(standings, address, verdict);
  const upstreams = inService(standings, []);
  for (const front of fronts) events.shown(front.file, await front.show(upstreams), upstreams.length);
}

async function readPatiently(registry: Registry, clock: Clock): Promise<ReplicaRecord[]> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await registry.replicas();
    } catch (error) {
      if (!(error instanceof RegistryUnavailable) || attempt === TRIES) throw error;
    }
    await pause(clock, BETWEEN_TRIES_MS);
  }
}
