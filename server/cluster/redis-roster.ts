import {
  asked,
  claimKey,
  LEAVING,
  PREAMBLE,
  type RedisClient,
  REPLICAS,
  RETENTION_MS,
  usersKey,
} from './redis-keys.ts';
import { NotListed, type ReplicaRecord } from './registry.ts';
import type { Being, Roster, RosterPage, Standing, StandingAt, Survey } from './roster.ts';

const CLAIM_MS = 10_000;
/** Fields in one command: Lua takes 8000 arguments at most. */
const MOST_AT_ONCE = 500;

/** KEYS: replicas. ARGV: the key of no incarnation, the one that asks, the one to leave out, user ids. */
const STANDINGS = `${PREAMBLE}
local asker = redis.call('HGET', KEYS[1], ARGV[2])
if not asker or not isLive(parse(asker)) then return false end
local replicas = redis.call('HGETALL', KEYS[1])
local found = {}
for i = 1, #replicas, 2 do
  local deadline, state = parse(replicas[i + 1])
  local counts = deadline > now and state ~= 'expiring' and state ~= 'expired'
  if counts and replicas[i] ~= ARGV[3] then
    found[#found + 1] = { state, redis.call('HMGET', ARGV[1] .. replicas[i], unpack(ARGV, 4)) }
  end
end
return found
`;

/** KEYS: replicas. */
const SURVEY = `${PREAMBLE}
local replicas = redis.call('HGETALL', KEYS[1])
local standing, ended = {}, {}
for i = 1, #replicas, 2 do
  local deadline, state = parse(replicas[i + 1])
  if deadline <= now then
    if state ~= 'expired' then ended[#ended + 1] = replicas[i] end
  elseif state ~= 'expiring' and state ~= 'expired' then standing[#standing + 1] = replicas[i] end
end
return { standing, ended }
`;

/** KEYS: replicas, claim. ARGV: incarnation, how long the claim holds. */
const CLAIM = `${PREAMBLE}
local value = redis.call('HGET', KEYS[1], ARGV[1])
if value then
  local deadline, state = parse(value)
  if state == 'expired' then deadline = deadline + ARGV[2] end
  if deadline > now then return 0 end
end
if not redis.call('SET', KEYS[2], '1', 'NX', 'PX', ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], format(now, 'expiring'))
return 1
`;

/** KEYS: replicas, claim, users. ARGV: incarnation, how long the claim holds, cursor, about how many. */
const PAGE = `${PREAMBLE}
local value = redis.call('HGET', KEYS[1], ARGV[1])
local _, state = parse(value or '0 ')
if state ~= 'expiring' then return false end
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return redis.call('HSCAN', KEYS[3], ARGV[3], 'COUNT', ARGV[4])
`;

/** KEYS: replicas, claim, users. ARGV: incarnation. */
const STRIKE = `${PREAMBLE}
local value = redis.call('HGET', KEYS[1], ARGV[1])
local _, state = parse(value or '0 ')
if state ~= 'expiring' then return end
redis.call('HSET', KEYS[1], ARGV[1], format(now, 'expired'))
redis.call('DEL', KEYS[2], KEYS[3])
`;

/** The roster in Redis: of each run a hash of user id → standing, beside the run's lease. */
export class RedisRoster implements Roster {
  readonly #redis: RedisClient;
  readonly #incarnation: string;

  constructor(redis: RedisClient, incarnation: string) {
    this.#redis = redis;
    this.#incarnation = incarnation;
  }

  async write(standings: ReadonlyMap<number, Standing | null>): Promise<void> {
    const key = usersKey(this.#incarnation);
    const written: [field: string, value: string][] = [];
    const gone: string[] = [];
    for (const [userId, standing] of standings) {
      if (standing === null) gone.push(String(userId));
      else written.push([String(userId), encode(standing)]);
    }
    // Sent together, in this order, and answered together.
    await asked(
      Promise.all([
        ...inChunks(written).map((chunk) => this.#redis.hset(key, Object.fromEntries(chunk))),
        ...inChunks(gone).map((chunk) => this.#redis.hdel(key, ...chunk)),
        this.#redis.pexpire(key, RETENTION_MS),
      ]),
    );
  }

  async standings(userIds: readonly number[], except = ''): Promise<Map<number, StandingAt[]>> {
    const chunks = inChunks(userIds);
    const ask = (ids: readonly number[]) =>
      this.#redis.eval(STANDINGS, 1, REPLICAS, usersKey(''), this.#incarnation, except, ...ids);
    const replies = await asked(Promise.all(chunks.map(ask)));
    const found = new Map<number, StandingAt[]>();
    for (const [index, reply] of replies.entries()) {
      if (reply === null) throw new NotListed();
      for (const [state, values] of reply as StandingsReply) collect(found, state, chunks[index]!, values);
    }
    return found;
  }

  async survey(): Promise<Survey> {
    const reply = await asked(this.#redis.eval(SURVEY, 1, REPLICAS));
    const [standing, ended] = reply as [string[], string[]];
    return { standing: new Set(standing), ended };
  }

  async claim(incarnation: string): Promise<boolean> {
    const keys = [REPLICAS, claimKey(incarnation)] as const;
    return (await asked(this.#redis.eval(CLAIM, 2, ...keys, incarnation, CLAIM_MS))) === 1;
  }

  async page(incarnation: string, place: string | null): Promise<RosterPage | undefined> {
    const keys = [REPLICAS, claimKey(incarnation), usersKey(incarnation)] as const;
    const parameters = [incarnation, CLAIM_MS, place ?? '0', MOST_AT_ONCE] as const;
    const reply = await asked(this.#redis.eval(PAGE, 3, ...keys, ...parameters));
    if (reply === null) return undefined;
    const [next, fields] = reply as [string, string[]];
    const userIds = fields.filter((_field, index) => index % 2 === 0).map(Number);
    return { userIds, next: next === '0' ? null : next };
  }

  async strike(incarnation: string): Promise<void> {
    const keys = [REPLICAS, claimKey(incarnation), usersKey(incarnation)] as const;
    await asked(this.#redis.eval(STRIKE, 3, ...keys, incarnation));
  }
}

/** For each run that counts: its state in the registry, and the value of each user. */
type StandingsReply = readonly (readonly [state: string, values: readonly (string | null)[]])[];

function collect(
  found: Map<number, StandingAt[]>,
  state: string,
  userIds: readonly number[],
  values: readonly (string | null)[],
): void {
  const leaves = state.startsWith(LEAVING);
  const record = JSON.parse(leaves ? state.slice(LEAVING.length) : state) as ReplicaRecord;
  const run = { replica: record.replica, incarnation: record.incarnation };
  for (const [index, userId] of userIds.entries()) {
    const value = values[index];
    if (value === null || value === undefined) continue;
    const standing = decode(value);
    const there = found.get(userId) ?? [];
    there.push({ run, is: leaves ? null : standing.is, told: standing.told });
    found.set(userId, there);
  }
}

const LETTERS: Readonly<Record<Being, string>> = { online: 'o', away: 'a' };

/** Two letters: how the user is, and what friends were told of it. */
function encode({ is, told }: Standing): string {
  return [is, told].map((being) => (being === null ? '-' : LETTERS[being])).join('');
}

function decode(value: string): Standing {
  const being = (letter: string | undefined) => (letter === 'o' ? 'online' : letter === 'a' ? 'away' : null);
  return { is: being(value[0]), told: being(value[1]) };
}

function inChunks<T>(items: readonly T[]): T[][] {
  const count = Math.ceil(items.length / MOST_AT_ONCE);
  return Array.from({ length: count }, (_unused, n) => items.slice(n * MOST_AT_ONCE, (n + 1) * MOST_AT_ONCE));
}
