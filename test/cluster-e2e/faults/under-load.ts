import { setTimeout as pause } from 'node:timers/promises';

import type { Cluster } from '../../cluster/cluster.ts';
import { Load } from '../../cluster/load.ts';
import type { LoadReport } from '../../cluster/load-run.ts';
import type { Scale } from './scenario.ts';

/**
 * Runs `fault` while users write to each other through nginx: after a phase `steady`, and before a phase `after` in which
 * things are to be well again. What `fault` doesn't mark itself is the phase `fault`.
 */
export async function underLoad(
  { address }: Cluster,
  { users, perSecond, groupSize, warmUpMs, steadyMs }: Scale,
  fault: (load: Load) => Promise<void>,
): Promise<LoadReport> {
  await using load = await Load.prepare({ address, users, perSecond, groupSize });
  load.start('warming up');
  await pause(warmUpMs);
  load.mark('steady');
  await pause(steadyMs);
  load.mark('fault');
  await fault(load);
  load.mark('after');
  await pause(steadyMs);
  return await load.finish();
}
