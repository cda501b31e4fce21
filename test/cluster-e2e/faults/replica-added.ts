import { signUp } from '../../cluster/chat-peer.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { openStreams } from './open-streams.ts';
import { Findings, type Scale, type Scenario } from './scenario.ts';
import { underLoad } from './under-load.ts';

const USED_WITHIN_MS = 3_000;
/** A full turn of nginx's over the replicas: one of them is for the new one. */
const TURN = 6;

/** A replica is added, and nobody is told but the registry. */
export const replicaAdded: Scenario = {
  name: 'a replica added',
  async run(cluster: Cluster, scale: Scale): Promise<Findings> {
    const findings = new Findings();
    const login = await signUp(cluster.address, `probe-${Date.now()}`);
    const report = await underLoad(cluster, scale, async () => {
      const added = await cluster.addReplica(1);
      const begun = performance.now();
      while (!(await openStreams(cluster, login, TURN)).includes(added.address));
      findings.atMost(USED_WITHIN_MS, 'until the new replica got a stream', performance.now() - begun);
    });
    findings.addLoad(report);
    return findings;
  },
};
