import * as fc from 'fast-check';

import type { Arena } from './arena.ts';
import { findViolations } from './checker.ts';
import { type DeviceName, FOUNDER } from './names.ts';
import { play } from './play.ts';
import { againBy, askedRuns } from './replay.ts';
import { scripts } from './script.ts';

export interface PlaysOptions {
  readonly runs: number;
  readonly maxActs: number;
  readonly devices: readonly DeviceName[];
  /** Where the same scripts are wanted every time: then the environment is not asked. */
  readonly seed?: number;
}

/**
 * Lets all devices play random scripts at once, and checks what they saw. A failure tells what can't be, and how to play
 * the same scripts again; what overlaps with what is not the same then, so nothing shorter is looked for.
 */
export async function runPlays(arena: Arena, options: PlaysOptions): Promise<void> {
  const { devices, maxActs } = options;
  const property = fc.asyncProperty(scripts(devices.length, maxActs), async (drawn) => {
    await using cast = await arena.cast(FOUNDER, devices);
    const violations = findViolations(await play(cast, drawn));
    if (violations.length > 0) throw new Error(violations.join('\n'));
  });
  const details = await fc.check(property, { ...askedRuns(options), endOnFailure: true });
  if (!details.failed) return;
  const { errorInstance: error } = details;
  const text = error instanceof Error ? error.message : String(error);
  throw new Error(`${text}\n${againBy(details)}`, { cause: error });
}
