import { parseArgs } from 'node:util';

import { Cluster } from '../../cluster/cluster.ts';
import { redisKilled } from './redis-killed.ts';
import { redisPaused } from './redis-paused.ts';
import { replicaAdded } from './replica-added.ts';
import { replicaKilled } from './replica-killed.ts';
import { replicaStopped } from './replica-stopped.ts';
import { rollingRestart } from './rolling-restart.ts';
import { FULL, type Scale, type Scenario } from './scenario.ts';

const SCENARIOS: readonly Scenario[] = [
  rollingRestart,
  redisKilled,
  redisPaused,
  replicaKilled,
  replicaStopped,
  replicaAdded,
];

process.exitCode = await runFaults(process.argv.slice(2));

/**
 * Runs every scenario at full size, or those whose names hold one of the words, each on a cluster of its own.
 * `--users N` and `--per-second N` make the load another one, where the machine can't do it.
 *
 * @returns the exit code: 1 where a promise did not hold
 */
async function runFaults(args: readonly string[]): Promise<number> {
  const options = { users: { type: 'string' }, 'per-second': { type: 'string' } } as const;
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const { users = FULL.users, 'per-second': perSecond = FULL.perSecond } = values;
  const scale: Scale = { ...FULL, users: Number(users), perSecond: Number(perSecond) };
  const chosen = SCENARIOS.filter(
    ({ name }) => positionals.length === 0 || positionals.some((word) => name.includes(word)),
  );
  let broken = 0;
  for (const scenario of chosen) {
    process.stdout.write(`\n${scenario.name}\n`);
    await using cluster = await Cluster.start();
    const findings = await scenario.run(cluster, scale);
    for (const figure of findings.figures) process.stdout.write(`  ${figure}\n`);
    for (const promise of findings.broken) process.stdout.write(`  BROKEN: ${promise}\n`);
    broken += findings.broken.length;
  }
  process.stdout.write(broken === 0 ? '\nall promises held\n' : `\n${broken} promises did not hold\n`);
  return broken === 0 ? 0 : 1;
}
