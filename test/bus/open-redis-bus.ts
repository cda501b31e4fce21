import { randomUUID } from 'node:crypto';

import { RedisBus } from '../../server/bus/redis-bus.ts';
import { parseRedisUrl } from '../../server/cluster/redis-url.ts';
import { systemClock } from '../../server/lib/clock.ts';
import { BusCodec } from '../../server/rpc/bus-codec.ts';
import { Events } from '../../server/telemetry/events.ts';
import { createLog } from '../../server/telemetry/log.ts';

/** A bus as a replica has it. `events`: told instead of a log that nobody reads. */
export async function openRedisBus(
  url: string,
  { cluster = false, events = new Events(createLog({ level: 'silent', format: 'json', replica: 'test' })) } = {},
): Promise<RedisBus> {
  const target = parseRedisUrl(url);
  if (target === undefined) throw new Error(`not the URL of a Redis: ${url}`);
  const clock = systemClock;
  return RedisBus.open({ target, cluster }, { clock, events, codec: new BusCodec(randomUUID(), { clock, events }) });
}
