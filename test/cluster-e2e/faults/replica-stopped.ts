import { setTimeout as pause } from 'node:timers/promises';

import type { Cluster } from '../../cluster/cluster.ts';
import type { Replica } from '../../cluster/replica.ts';
import { PairTalk, type Wait } from './pair-talk.ts';
import { RowLocks } from './row-locks.ts';
import { Findings, type Scenario } from './scenario.ts';

const PAIRS = 20;
const TRIES = 200;
/** The database ends what stays idle for 5 s; then comes a wait for the lock, and perhaps another attempt. */
const FREED_WITHIN_MS = 7_000;
/** Whoever waits longer was held up by the locks: a wait for one takes a second. */
const HELD_UP_MS = 1_000;
/** How long things go well before. */
const STEADY_MS = 2_000;
const SETTLED_WITHIN_MS = 15_000;

/** A replica is stopped (SIGSTOP) while a transaction of its journal holds rows of conversations. */
export const replicaStopped: Scenario = {
  name: 'a replica stopped between lock and commit',
  async run(cluster: Cluster): Promise<Findings> {
    const findings = new Findings();
    const [stopped, other] = cluster.replicas as [Replica, Replica];
    await using talk = await PairTalk.start([stopped.address, other.address], PAIRS);
    await using locks = await RowLocks.open(cluster.mariadb);
    await talk.untilAllHeard();
    const calmFrom = performance.now();
    await pause(STEADY_MS);
    const usual = longest(talk.waitsOnSecond(calmFrom));
    findings.measured('the longest wait before', `${Math.round(usual)} ms`);
    try {
      const held = await stopWhileItHolds(stopped, locks, talk.conversations());
      const begun = performance.now();
      findings.measured('conversations held', `${held.size} of ${PAIRS}`);
      await pause(FREED_WITHIN_MS);
      const waits = talk.waitsOnSecond(begun);
      findings.atMost(FREED_WITHIN_MS, 'the longest wait for a conversation that is held', longest(waits));
      const free = waits.filter(({ conversationId }) => !held.has(conversationId));
      findings.atMost(usual + HELD_UP_MS, 'the longest wait for any other', longest(free));
    } finally {
      stopped.resume();
    }
    findings.addVerdict(await talk.finish(SETTLED_WITHIN_MS));
    return findings;
  },
};

function longest(waits: readonly Wait[]): number {
  return waits.reduce((most, { ms }) => Math.max(most, ms), 0);
}

/** Stops the replica at one moment after the other, until it holds some of these conversations; gives which. */
async function stopWhileItHolds(replica: Replica, locks: RowLocks, ids: readonly bigint[]): Promise<Set<bigint>> {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    await pause(20 + Math.random() * 80);
    await replica.pause();
    if (await locks.areHeldIdly()) {
      const held = await locks.heldConversations(ids);
      if (held.size > 0) return held;
    }
    replica.resume();
  }
  throw new Error(`in ${TRIES} attempts, the replica was never stopped while it held conversations`);
}
