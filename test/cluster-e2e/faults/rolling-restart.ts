import type { Cluster } from '../../cluster/cluster.ts';
import { Findings, type Scale, type Scenario } from './scenario.ts';
import { underLoad } from './under-load.ts';

const DRAINED_WITHIN_MS = 10_000;

/** Every replica is sent away and started again, one after the other. */
export const rollingRestart: Scenario = {
  name: 'rolling restart',
  async run(cluster: Cluster, scale: Scale): Promise<Findings> {
    const findings = new Findings();
    const report = await underLoad(cluster, scale, async () => {
      for (const replica of cluster.replicas) {
        const exited = replica.exitCode;
        const begun = performance.now();
        await replica.stop();
        findings.atMost(DRAINED_WITHIN_MS, `the drain of ${replica.name}`, performance.now() - begun);
        const exitCode = await exited;
        findings.demand(exitCode === 0, `${replica.name} ended with exit code ${exitCode}`);
        await replica.start();
        await cluster.front.untilListed(replica.address, true);
      }
    });
    findings.addLoad(report);
    return findings;
  },
};
