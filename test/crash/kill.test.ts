import { credentials } from '@grpc/grpc-js';
import { describe, expect, test } from '@jest/globals';

import { type CreateGroupResponse, GroupServiceClient } from '../../proto/gen/parley/v1/group_service.pb.ts';
import { JoinPolicy } from '../../proto/gen/parley/v1/group.pb.ts';
import { type Mariadb, startMariadb } from '../setup/mariadb.ts';
import { ServerProcess } from '../cluster/server-process.ts';
import { bearer, call, type Login, signUp } from '../cluster/chat-peer.ts';
import { readLogs } from './log-reader.ts';
import { PersistentReader } from './persistent-reader.ts';
import { PersistentSender } from './persistent-sender.ts';
import { withSeed } from './seeded-random.ts';

const KILLS = 20;
/** Whether a kill falls between a commit and its result is chance: there are more until that has happened. */
const MOST_KILLS = 60;
/** From the server's being up until it is killed: in the middle of sends, at another place each time. */
const LIFE_MS = { least: 150, most: 450 };

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** A group of the first user's that the others have joined. */
async function makeGroup(address: string, [owner, ...others]: readonly Login[]): Promise<bigint> {
  const groups = new GroupServiceClient(address, credentials.createInsecure());
  try {
    const request = {
      name: 'team',
      description: '',
      joinPolicy: JoinPolicy.JOIN_POLICY_OPEN,
      memberLimit: 0,
      historyVisible: false,
      requestId: '',
    };
    const { group } = await call<CreateGroupResponse>((done) =>
      groups.createGroup(request, bearer(owner?.token ?? ''), done),
    );
    const groupId = group?.id ?? 0n;
    for (const { token } of others) await call((done) => groups.joinGroup({ groupId }, bearer(token), done));
    return groupId;
  } finally {
    groups.close();
  }
}

/** Lets everybody wait while the server is down. */
class Uptime {
  #up = Promise.resolve();
  #resolve: () => void = () => undefined;

  down(): void {
    this.#up = new Promise((resolve) => (this.#resolve = resolve));
  }

  up(): void {
    this.#resolve();
  }

  readonly wait = (): Promise<void> => this.#up;
}

async function killRepeatedly(random: () => number, environment: Readonly<Record<string, string>> = {}): Promise<void> {
  await using server = await ServerProcess.start({ PARLEY_LOG_LEVEL: 'info', ...environment });
  const { address } = server;
  const [ann, bob, cyd] = await Promise.all(['ann', 'bob', 'cyd'].map((name) => signUp(address, name)));
  if (ann === undefined || bob === undefined || cyd === undefined) throw new Error('nobody signed up');
  const groupId = await makeGroup(address, [ann, bob, cyd]);
  const toGroup = { target: { $case: 'groupId' as const, value: groupId } };
  const to = ({ userId }: Login) => ({ target: { $case: 'userId' as const, value: BigInt(userId) } });

  const senders = [
    new PersistentSender(ann, address, [to(cyd), toGroup]),
    new PersistentSender(bob, address, [toGroup, to(cyd), to(ann)]),
  ];
  const reader = new PersistentReader(cyd, address);
  const uptime = new Uptime();
  const sending = Promise.all(senders.map((sender) => sender.run(uptime.wait)));
  const reading = reader.run(uptime.wait);

  const hit = () => senders.every(({ storedUnanswered }) => storedUnanswered > 0);
  for (let kill = 0; kill < KILLS || (kill < MOST_KILLS && !hit()); kill += 1) {
    await pause(LIFE_MS.least + random() * (LIFE_MS.most - LIFE_MS.least));
    uptime.down();
    await server.kill();
    await server.start();
    uptime.up();
  }
  await pause(LIFE_MS.most);
  for (const sender of senders) sender.finish();
  await sending;
  await reader.finish();
  await reading;

  const logs = [...(await readLogs(address, cyd)), ...(await readLogs(address, bob))];
  const stored = new Map<string, string>();
  for (const [conversationId, entries] of logs) {
    // No gap: a log's seqs are 1, 2, 3 … (the group's from the member's joining on).
    const first = Number(entries[0]?.seq ?? 1n);
    expect(entries.map(({ seq }) => Number(seq))).toEqual(entries.map((_, index) => first + index));
    for (const { seq, clientMessageId } of entries) {
      if (clientMessageId !== '') stored.set(`${conversationId}/${seq}`, clientMessageId);
    }
  }

  // Nothing doubled, and nothing that was not sent.
  const ids = [...stored.values()];
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.toSorted()).toEqual(senders.flatMap(({ attempted }) => attempted).toSorted());

  for (const sender of senders) {
    // Nothing acknowledged is missing, and it is where the receipt says.
    expect(sender.acknowledged.size).toBe(sender.attempted.length);
    for (const [id, { conversationId, seq }] of sender.acknowledged)
      expect(stored.get(`${conversationId}/${seq}`)).toBe(id);
    // The sender's order holds in each conversation.
    const bySeq = Map.groupBy(sender.attempted, (id) => sender.acknowledged.get(id)?.conversationId);
    for (const sent of bySeq.values()) {
      const seqs = sent.map((id) => Number(sender.acknowledged.get(id)?.seq));
      expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
    }
    // The kills did hit sends under way, some of them between their commit and their result.
    expect(sender.interrupted).toBeGreaterThan(KILLS / 2);
    expect(sender.storedUnanswered).toBeGreaterThan(0);
  }

  expect(reader.complaints).toEqual([]);
  const ofReader = [...(await readLogs(address, cyd))].flatMap(([id, entries]) =>
    entries.map(({ seq }) => `${id}/${seq}`),
  );
  expect([...reader.received.keys()].toSorted()).toEqual(ofReader.toSorted());
}

describe('a server that is killed in the middle of sends, again and again', () => {
  test('loses nothing, doubles nothing, leaves no gap: SQLite', async () => {
    await withSeed((random) => killRepeatedly(random));
  }, 180_000);

  test('loses nothing, doubles nothing, leaves no gap: MariaDB', async () => {
    await using mariadb: Mariadb = await startMariadb({ durable: true });
    const environment = { PARLEY_DATABASE_URL: await mariadb.createDatabase(), PARLEY_MIGRATE_AT_START: 'true' };
    await withSeed((random) => killRepeatedly(random, environment));
  }, 180_000);
});
