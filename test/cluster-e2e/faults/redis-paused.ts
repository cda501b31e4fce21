import { setTimeout as pause } from 'node:timers/promises';

import type { Cluster } from '../../cluster/cluster.ts';
import { demandAcks, demandFastAgain } from './fast-again.ts';
import { Findings, phaseOf, type Scale, type Scenario } from './scenario.ts';
import { underLoad } from './under-load.ts';

const DELIVERED_WITHIN_MS = 2_000;
const BACK_WITHIN_MS = 3_000;

/** Redis hangs (SIGSTOP) and goes on. */
export const redisPaused: Scenario = {
  name: 'Redis paused',
  async run(cluster: Cluster, scale: Scale): Promise<Findings> {
    const findings = new Findings();
    const report = await underLoad(cluster, scale, async (load) => {
      await cluster.redis.pause();
      try {
        await pause(scale.redisPausedMs);
      } finally {
        cluster.redis.resume();
      }
      load.mark('coming back');
      await pause(BACK_WITHIN_MS);
    });
    findings.addLoad(report);
    const [steady, paused] = [phaseOf(report, 'steady'), phaseOf(report, 'fault')];
    demandAcks(findings, steady, paused, scale);
    findings.atMost(DELIVERED_WITHIN_MS, 'the slowest delivery after the receipt while Redis hangs', paused.lag.max);
    demandFastAgain(findings, steady, phaseOf(report, 'after'), scale);
    return findings;
  },
};
