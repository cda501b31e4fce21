import { credentials, Metadata } from '@grpc/grpc-js';

import {
  HealthCheckResponse_ServingStatus as ServingStatus,
  HealthClient,
} from '../../proto/gen/health/v1/health.pb.ts';
import type { Verdict } from '../front/probe.ts';

/** Its streams are what is balanced. */
export const PROBED_SERVICE = 'parley.v1.ChatService';
const DEADLINE_MS = 1_000;

/**
 * Asks the replica at HOST:PORT by `grpc.health.v1`, over a connection of its own: one that is kept would go on working
 * where no new one can be made, and would wait before it tries again.
 */
export function probeHealth(
  address: string,
  deadlineMs = DEADLINE_MS,
  service: string = PROBED_SERVICE,
): Promise<Verdict> {
  const client = new HealthClient(address, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
  return new Promise<Verdict>((resolve) => {
    client.check({ service }, new Metadata(), { deadline: Date.now() + deadlineMs }, (error, response) => {
      if (error !== null) resolve('failed');
      else resolve(response.status === ServingStatus.SERVING ? 'serving' : 'not-serving');
    });
  }).finally(() => client.close());
}
