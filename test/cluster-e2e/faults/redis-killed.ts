import { setTimeout as pause } from 'node:timers/promises';

import type { Cluster } from '../../cluster/cluster.ts';
import { Findings, phaseOf, type Scale, type Scenario } from './scenario.ts';
import { underLoad } from './under-load.ts';
import { demandFastAgain } from './fast-again.ts';

const DOWN_MS = 3_000;
/** Connections come back within a second; the next look at the log finds what was lost meanwhile. */
const BACK_WITHIN_MS = 2_000;

/** Redis is killed, and comes back empty. */
export const redisKilled: Scenario = {
  name: 'Redis killed, and started empty',
  async run(cluster: Cluster, scale: Scale): Promise<Findings> {
    const findings = new Findings();
    const report = await underLoad(cluster, scale, async (load) => {
      await cluster.redis.kill();
      await pause(DOWN_MS);
      await cluster.redis.start();
      load.mark('coming back');
      await pause(BACK_WITHIN_MS);
    });
    findings.addLoad(report);
    const listed = await cluster.front.upstreams();
    findings.demand(listed.length === cluster.replicas.length, `nginx knows ${listed.length} replicas`);
    demandFastAgain(findings, phaseOf(report, 'steady'), phaseOf(report, 'after'), scale);
    return findings;
  },
};
