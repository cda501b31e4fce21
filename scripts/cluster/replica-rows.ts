import type { ReplicaRecord } from '../../server/cluster/registry.ts';

/** What was known of the replicas at one time. */
export interface Sighting {
  /** In monotonic milliseconds. */
  readonly atMs: number;
  /** By the name of the replica; undefined where the registry doesn't answer. */
  readonly records: ReadonlyMap<string, ReplicaRecord> | undefined;
}

/** A replica that there should be. */
export interface Expected {
  readonly name: string;
  readonly address: string;
  readonly weight: number;
}

/** A line for each replica: its state, streams, and messages a second since the sighting before. */
export function replicaRows(expected: readonly Expected[], now: Sighting, before: Sighting | undefined): string[] {
  return expected.map(({ name, address, weight }) => {
    const who = `${name.padEnd(10)}  ${address.padEnd(15)}  weight ${String(weight).padEnd(4)}`;
    if (now.records === undefined) return `${who}  unknown: the registry does not answer`;
    const record = now.records.get(name);
    if (record === undefined) return `${who}  gone`;
    const earlier = before?.records?.get(name);
    const since = earlier?.incarnation === record.incarnation ? earlier : undefined;
    const seconds = before === undefined ? 0 : (now.atMs - before.atMs) / 1_000;
    const rate = (total: number, earlierTotal: number | undefined): string =>
      earlierTotal === undefined || seconds === 0 ? '–' : String(Math.round((total - earlierTotal) / seconds));
    const sent = rate(record.sent, since?.sent).padStart(6);
    const delivered = rate(record.delivered, since?.delivered).padStart(6);
    const streams = String(record.streams).padStart(5);
    return `${who}  ${record.state.padEnd(8)}  ${streams} streams  ${sent} sent/s  ${delivered} delivered/s`;
  });
}
