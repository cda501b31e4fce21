import type { DeviceName } from './names.ts';

const DEVICES: readonly DeviceName[] = ['ann/1', 'ann/2', 'bob/1', 'bob/2', 'cyd/1', 'dan/1'];

/** How much is tried by default: so much that every fault of `faults.ts` is found, in a few seconds an engine. */
export const BY_ONE = { runs: 8, maxSteps: 40, devices: DEVICES };
export const AT_ONCE = { runs: 8, maxActs: 20, devices: DEVICES };
