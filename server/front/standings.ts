import type { Verdict } from './probe.ts';
import type { ReplicaRecord } from '../cluster/registry.ts';

/** Failed checks in a row that take a replica out. One success takes it in. */
const FAILURES_ALLOWED = 1;
/** Longer than a lease and a renewal: so long a registry that was emptied needs to be full again. */
const MISSED_FOR_MS = 15_000;

/** A replica that new streams may go to. */
export interface Upstream {
  readonly replica: string;
  /** HOST:PORT */
  readonly address: string;
  /** 1 to 1000 */
  readonly weight: number;
}

/** What is known of a replica; there is one for each address. */
export interface Standing extends Upstream {
  readonly draining: boolean;
  /** When the registry last named it, in monotonic milliseconds. */
  readonly listedAtMs: number;
  /** Undefined before the first check has ended. */
  readonly verdict: Verdict | undefined;
  /** In a row. */
  readonly failures: number;
  readonly healthy: boolean;
}

/**
 * After the registry has answered. A replica that it doesn't name any more is forgotten, but for one that goes on serving:
 * that one has 15 s to be named again, since a registry that was restarted is empty at first.
 */
export function withRecords(
  standings: readonly Standing[],
  records: readonly ReplicaRecord[],
  nowMs: number,
): Standing[] {
  const known = new Map(standings.map((standing) => [standing.address, standing]));
  const listed = new Map<string, Standing>();
  for (const { replica, address, weight, state } of records) {
    const { verdict, failures = 0, healthy = false } = known.get(address) ?? {};
    const draining = state === 'draining';
    // A run that was killed is listed for a while beside the one that took its place.
    if (draining && listed.has(address)) continue;
    listed.set(address, { replica, address, weight, draining, listedAtMs: nowMs, verdict, failures, healthy });
  }
  const missed = standings.filter(
    ({ address, verdict, listedAtMs }) =>
      !listed.has(address) && verdict === 'serving' && nowMs - listedAtMs < MISSED_FOR_MS,
  );
  return [...listed.values(), ...missed].sort((a, b) => (a.address < b.address ? -1 : 1));
}

/** After the check of one replica has ended; nothing where it has been forgotten meanwhile. */
export function withVerdict(standings: readonly Standing[], address: string, verdict: Verdict): Standing[] {
  return standings.map((standing) => {
    if (standing.address !== address) return standing;
    const failures = verdict === 'failed' ? standing.failures + 1 : 0;
    const healthy = verdict === 'serving' || (verdict === 'failed' && standing.healthy && failures <= FAILURES_ALLOWED);
    return { ...standing, verdict, failures, healthy };
  });
}

/** Who takes new streams. Where nobody can, those who did last: the last replicas are never taken out. */
export function inService(standings: readonly Standing[], before: readonly Upstream[]): readonly Upstream[] {
  const able = standings.filter(({ healthy, draining }) => healthy && !draining);
  if (able.length === 0) return before;
  return able.map(({ replica, address, weight }) => ({ replica, address, weight }));
}

/** Why a replica takes no new streams, for the log. */
export function whyOut(standing: Standing | undefined): string {
  if (standing === undefined) return 'gone from the registry';
  if (standing.draining) return 'draining';
  return standing.verdict === 'not-serving' ? 'not serving' : 'fails its health checks';
}
