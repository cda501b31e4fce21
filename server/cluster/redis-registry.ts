import { asked, PREAMBLE, type RedisClient, REPLICAS } from './redis-keys.ts';
import { byName, type Registry, type ReplicaRecord } from './registry.ts';

const LIST = `${PREAMBLE}
local records = {}
for _, value in ipairs(redis.call('HVALS', KEYS[1])) do
  local deadline, state = parse(value)
  if isLive(deadline, state) then records[#records + 1] = state end
end
return records
`;

/** The registry in Redis. Reading it changes nothing. */
export class RedisRegistry implements Registry {
  readonly #redis: RedisClient;

  /** @param redis of `connectRedis`; whoever made it ends it */
  constructor(redis: RedisClient) {
    this.#redis = redis;
  }

  async replicas(): Promise<ReplicaRecord[]> {
    const records = (await asked(this.#redis.eval(LIST, 1, REPLICAS))) as string[];
    return records.map((record) => JSON.parse(record) as ReplicaRecord).sort(byName);
  }
}
