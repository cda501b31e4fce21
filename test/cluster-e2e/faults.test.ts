import { expect, test } from '@jest/globals';

import { useCluster } from './cluster-stage.ts';
import { redisKilled } from './faults/redis-killed.ts';
import { redisPaused } from './faults/redis-paused.ts';
import { replicaAdded } from './faults/replica-added.ts';
import { replicaKilled } from './faults/replica-killed.ts';
import { replicaStopped } from './faults/replica-stopped.ts';
import { rollingRestart } from './faults/rolling-restart.ts';
import { SMALL } from './faults/scenario.ts';

const stage = useCluster();

// The last one leaves one replica more.
test.each([redisKilled, redisPaused, replicaStopped, replicaKilled, rollingRestart, replicaAdded])(
  'under load: $name',
  async (scenario) => {
    expect((await scenario.run(stage().cluster, SMALL)).broken).toEqual([]);
  },
  90_000,
);
