import { setTimeout as pause } from 'node:timers/promises';

import type { Cluster } from '../../cluster/cluster.ts';
import { signUp } from '../../cluster/chat-peer.ts';
import { Findings, phaseOf, type Scale, type Scenario } from './scenario.ts';
import { openStreams } from './open-streams.ts';
import { underLoad } from './under-load.ts';

const AVOIDED_WITHIN_MS = 3_000;
const RESUMED_WITHIN_MS = 3_000;
/** Of so many new streams, one in three would go to it. */
const NEW_STREAMS = 30;

/** A replica is killed (-9), and started again later. */
export const replicaKilled: Scenario = {
  name: 'a replica killed',
  async run(cluster: Cluster, scale: Scale): Promise<Findings> {
    const findings = new Findings();
    const login = await signUp(cluster.address, `probe-${Date.now()}`);
    const killed = cluster.replicas[0]!;
    const report = await underLoad(cluster, scale, async (load) => {
      await killed.kill();
      await pause(AVOIDED_WITHIN_MS);
      load.mark('without it');
      const tried = await openStreams(cluster, login, NEW_STREAMS);
      const atIt = tried.filter((upstream) => upstream.includes(killed.address)).length;
      findings.measured(`of ${NEW_STREAMS} streams after ${AVOIDED_WITHIN_MS} ms, tried on it`, atIt);
      findings.demand(atIt === 0, `${atIt} of ${NEW_STREAMS} new streams were tried on the killed replica`);
      await pause(scale.steadyMs);
      await killed.start();
      await cluster.front.untilListed(killed.address, true);
    });
    findings.addLoad(report);
    findings.atMost(RESUMED_WITHIN_MS, 'p99 of resuming elsewhere', phaseOf(report, 'fault').resume.p99);
    return findings;
  },
};
