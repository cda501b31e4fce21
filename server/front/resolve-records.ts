import type { ReplicaRecord } from '../cluster/registry.ts';

/** A record that nobody can be sent to. */
export interface RefusedRecord {
  readonly record: ReplicaRecord;
  readonly cause: unknown;
}

/** Of a replica; nginx and Envoy allow more. */
const MAX_WEIGHT = 1_000;

/** The records with IP addresses, and those whose address or weight is of no use. */
export async function resolveRecords(
  records: readonly ReplicaRecord[],
  resolve: (address: string) => Promise<string>,
): Promise<{ usable: ReplicaRecord[]; refused: RefusedRecord[] }> {
  const usable: ReplicaRecord[] = [];
  const refused: RefusedRecord[] = [];
  await Promise.all(
    records.map(async (record) => {
      try {
        checkWeight(record.weight);
        usable.push({ ...record, address: await resolve(record.address) });
      } catch (cause) {
        refused.push({ record, cause });
      }
    }),
  );
  return { usable, refused };
}

/** It gets into configuration files, so it has to be a number whatever the registry says. */
function checkWeight(weight: unknown): void {
  if (!Number.isInteger(weight) || Number(weight) < 1 || Number(weight) > MAX_WEIGHT) {
    throw new RangeError(`${JSON.stringify(weight)} is no weight from 1 to ${MAX_WEIGHT}`);
  }
}
